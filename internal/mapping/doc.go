// Package mapping computes values and scope from rules: what a person or group looks like given their records, whether a target receives them, and what
// the target should hold.
//
// Rules are compiled once, when they are saved, and applied purely: no I/O, no clock. A misspelt name, a wrong type or a broken filter is refused then,
// with position and nearest name. Package ingest applies source rules, package engine applies target rules and hands the result to package plan. Who is in
// a group is asked of nobody here: the engine says so in Input.
//
// # Expressions
//
// Expressions are CEL (cel.dev). They read
//
//	record.mail                the first value of a record's attribute, or ''    in the rules of a source
//	record.all.mail            all its values, a list                            likewise, and so below
//	record["msDS-phone"]       names that are not words
//	record.dn                  the DN
//	person.email, group.name   an attribute of the person or group               in the rules of a target
//	source.corp.title          an attribute of their record in the source corp   in the rules of a target
//	source.corp.all.memberOf   the groups they are directly in, as read          in the rules of a target
//
// Names count in any case. A missing attribute is an empty text or list. The result is text, a list of texts, a boolean or a whole number; an empty text
// or list clears the attribute (or brings in the rule's default), null leaves it alone. The branches of a condition may differ: has(record.title) ? record.title : null.
//
// Besides CEL's own operators and its string and list functions (substring, split, join, replace, trim, startsWith, matches, map, filter, exists, sort,
// distinct …) there are lower(s), upper(s), ascii(s), which writes Müller as Mueller, digits(s), and firstOf(a, b, …), the first that is not empty.
// What an evaluation may cost is counted: attributes of more than 2,000 values or 64 KiB can be passed on as they are, but not be computed with.
//
// # Scope
//
// All rules of a From must hold. A rule that cannot be told (a scope group that is not known, a condition that fails) makes the verdict Unknown, and
// nobody leaves; only who is Gone is out all the same.
package mapping
