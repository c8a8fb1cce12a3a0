// Package ldap reads people and groups from an LDAP directory: Active Directory (Samba included), OpenLDAP, 389 Directory Server, and others that have
// paged results and an immutable id.
//
// A read goes through one connection, in this order:
//
//	root DSE ─▶ bases (pins) ─▶ people, page by page ─▶ groups ─▶ canary ─▶ members, group by group ─▶ canary ─▶ Complete
//
// Everything that might make nothing look like everything ends the read as *source.Incomplete: search.go has the one loop that decides whether a
// search was answered whole; the entries in between come past the library (lane.go), which would take longer over them than all the rest of a read. A read is judged as one: if one base was not seen whole, none is Complete, since an entry may have moved between them.
//
// The package keeps a compact index of the names it read (about 100 bytes an entry) to turn member DNs into keys, and nothing else of everybody. It
// writes nothing, decides about nobody, and stores no state: pins of renamed bases travel in the batches. Its contract is package source; who joins or
// leaves is decided in package ingest. The server of its tests and of the demo is package ldaptest.
package ldap
