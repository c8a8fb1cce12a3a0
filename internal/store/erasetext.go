package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
)

// Names implements erase.Reader.
func (r eraseReader) Names(ctx context.Context, person directory.ID) ([]string, error) {
	o, err := reader(r).Object(ctx, person)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	keep := func(values ...string) {
		for _, v := range values {
			if utf8.RuneCountInString(v) > 1 {
				names[v] = true
			}
		}
	}
	keep(o.Attrs[directory.Username]...)
	keep(o.Attrs[directory.Email]...)
	keep(called(o.Attrs[directory.Name])...)
	records, err := reader(r).RecordsOf(ctx, []directory.ID{person})
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		keep(rec.Name, rec.Key)
	}
	links, err := linkReader(r).LinksOf(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		keep(namesAt(l.Applied)...)
	}
	writes, err := linkReader(r).Journal(ctx, link.Query{Object: person, Limit: 1000})
	for _, w := range writes {
		keep(namesAt(w.Before)...)
		keep(namesAt(w.Want)...)
	}
	return slices.Sorted(maps.Keys(names)), err
}

// called are those of names that are somebody's and no word of a language.
func called(names attr.Values) (out []string) {
	for _, n := range names {
		if strings.ContainsAny(n, " .") {
			out = append(out, n)
		}
	}
	return out
}

// namesAt are the names that an account has at a target.
func namesAt(set attr.Set) []string {
	var out []string
	for _, p := range set.Paths() {
		switch text := strings.ToLower(string(p)); {
		case text == "username", strings.HasPrefix(text, "emails"):
			out = append(out, set[p]...)
		case text == "displayname", text == "name.formatted":
			out = append(out, called(set[p])...)
		}
	}
	return out
}

// A sweep is texts that may name somebody: columns of a table with its key.
type sweep struct {
	table, where  string
	keys, columns []string
}

var sweeps = []sweep{
	{"audit", "true", []string{"seq"}, []string{"object", "detail"}},
	{"run", "true", []string{"id"}, []string{"notes", "problem"}},
	{"run_row", "entry <> ''", []string{"run", "what", "seq"}, []string{"entry"}},
	{"plan", "true", []string{"id"}, []string{"why", "note", "reason"}},
	{"outbox", "true", []string{"id"}, []string{"body"}},
	{"record", "waiting <> ''", []string{"source", "key"}, []string{"waiting"}},
}

// texts puts the id of somebody into the place of what names them, row by row.
func (x *erasing) texts() (int, error) {
	at, from := 0, []any(nil)
	if x.Place != "" {
		number, keys, _ := strings.Cut(x.Place, " ")
		at, _ = strconv.Atoi(number)
		if err := json.Unmarshal([]byte(keys), &from); err != nil {
			return 0, err
		}
	}
	if at == len(sweeps) || len(x.Names) == 0 {
		x.Place = ""
		return 0, nil
	}
	s := sweeps[at]
	rows, err := x.naming(s, from)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range rows {
		changed, err := x.rename(s, r)
		if err != nil {
			return 0, err
		}
		n += changed
	}
	from = nil
	if len(rows) == x.limit {
		from = rows[len(rows)-1].keys
	} else {
		at++
	}
	keys, err := json.Marshal(from)
	x.Place = fmt.Sprintf("%d %s", at, keys)
	return n, err
}

// A textRow is the texts of a row.
type textRow struct {
	keys  []any
	texts []string
}

// naming returns the next rows whose texts name somebody.
func (x *erasing) naming(s sweep, from []any) ([]textRow, error) {
	key := strings.Join(s.keys, ", ")
	text := "select " + key + ", " + strings.Join(s.columns, ", ") + " from " + s.table + " where " + s.where
	var args []any
	var marks []string
	for _, k := range from {
		if f, number := k.(float64); number {
			k = int64(f)
		}
		args = append(args, k)
		marks = append(marks, dollar(len(args)))
	}
	if len(from) > 0 {
		text += " and (" + key + ") > (" + strings.Join(marks, ", ") + ")"
	}
	var either []string
	for _, name := range x.Names {
		args = append(args, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(name))+"%")
		for _, c := range s.columns {
			either = append(either, "lower("+c+") like "+dollar(len(args))+` escape '\'`)
		}
	}
	text += " and (" + strings.Join(either, " or ") + ") order by " + key + " limit " + strconv.Itoa(x.limit)
	return collect(x.ctx, x.session, func(rows *sql.Rows, r *textRow) error {
		r.keys, r.texts = make([]any, len(s.keys)), make([]string, len(s.columns))
		var into []any
		for i := range r.keys {
			into = append(into, &r.keys[i])
		}
		for i := range r.texts {
			into = append(into, &r.texts[i])
		}
		return rows.Scan(into...)
	}, text, args...)
}

// rename writes a row without what names somebody, and returns 1 if it did.
func (x *erasing) rename(s sweep, r textRow) (int, error) {
	var set []string
	var args []any
	for i, was := range r.texts {
		is := was
		for _, name := range x.Names {
			is = replaceWord(is, name, string(x.Person))
		}
		if is != was {
			args = append(args, is)
			set = append(set, s.columns[i]+" = "+dollar(len(args)))
		}
	}
	if len(set) == 0 {
		return 0, nil
	}
	var where []string
	for i, k := range s.keys {
		args = append(args, r.keys[i])
		where = append(where, k+" = "+dollar(len(args)))
	}
	return x.run("update "+s.table+" set "+strings.Join(set, ", ")+" where "+strings.Join(where, " and "), args...)
}

// replaceWord puts id into the place of name where it stands by itself, whatever its case.
func replaceWord(text, name, id string) string {
	var b strings.Builder
	for rest := text; ; {
		i := foldIndex(rest, name)
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		before, _ := utf8.DecodeLastRuneInString(text[:len(text)-len(rest)+i])
		after, _ := utf8.DecodeRuneInString(rest[i+len(name):])
		b.WriteString(rest[:i])
		if partOfWord(before) || partOfWord(after) {
			b.WriteString(rest[i : i+len(name)])
		} else {
			b.WriteString(id)
		}
		rest = rest[i+len(name):]
	}
}

func partOfWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// foldIndex returns where name stands in text, whatever its case, or -1.
func foldIndex(text, name string) int {
	for i := range text {
		if len(text)-i >= len(name) && strings.EqualFold(text[i:i+len(name)], name) {
			return i
		}
	}
	return -1
}

// actors are the columns that say who did something.
var actors = []struct{ table, column string }{
	{"audit", "who"},
	{"plan", "who"},
	{"line", "who"},
	{"role_grant", "who"},
	{"group_place", "actor"},
	{"limit_raise", "who"},
	{"stop_order", "who"},
	{"link_claim", "who"},
	{"link_rename", "who"},
	{"object", "actor"},
	{"invitation", "who"},
	{"erasure", "who"},
}

// acts puts the id of somebody into the place of their username where it says who did something. Whoever never did anything is in none of them.
func (x *erasing) acts() (int, error) {
	var did []string
	for _, name := range x.Names {
		did = append(did, "operator:"+name, name)
	}
	n, err := one(x.ctx, x.session, scanOne[int], "select count(*) from (select 1 from audit where "+x.d.member("who", 1)+" limit 1) a", ids(x.session, did))
	if err != nil || n == 0 {
		return 0, err
	}
	for _, a := range actors {
		if _, err := x.exec(x.ctx, "update "+a.table+" set "+a.column+" = $2 where "+x.d.member(a.column, 1), ids(x.session, did), "operator:"+string(x.Person)); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
