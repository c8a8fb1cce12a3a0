// Package ldaptest is a small LDAP server that holds a directory in memory: the sample company of the demo, and the test bed of the LDAP source.
//
// It is made to behave like the servers that matter, above all where they surprise a client. Its two flavours are AD, an Active Directory domain controller
// (pages of at most 1,000 entries, member cut at 1,500 values, tombstones, objectGUID, continuation references), and OpenLDAP (entryUUID and other operational
// attributes only when asked for). What happens on bad days is switched on with Server.Set: errors, cut connections, hidden entries and more, at any moment.
//
//	LDIF ──▶ tree (entries, links, indexes) ──▶ filter ──▶ pages, ranges ──▶ faults ──▶ wire
//	              ▲
//	  Add, Modify, Rename, Delete (from Go, and over LDAP when Config.Writable)
//
// It is no directory for real use: passwords are stored as written, there is no access control besides the switchable one and no schema check. It knows
// nothing of Muster: package ldap next door is its client, package testserver starts real servers beside it.
package ldaptest
