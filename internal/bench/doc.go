// Package bench measures Muster at the size of a large company and compares it with floors: the least that anybody would have to do for the same result.
//
//	read       slapd ─▶ source/ldap ─▶ ingest ─▶ store   against   ldapsearch of the same entries, and a bare insert of the same rows
//	read again nothing has changed                       against   the first read
//	outbound   plan, journal, SCIM, 64 in flight         against   a loop of plain HTTP requests, 64 in flight
//	reconcile  everybody compared, nothing to do         for itself
//	plans      everybody for four targets, no wire       against   a bare insert of the lines of the first plans
//
// It holds tests and benchmarks only. Every part runs in a process of its own, so that its memory is its own and no part pays for another. Floors are
// taken in the same run as what they are compared with. `make bench` runs it at full size, `go test` at a tiny one: that proves that the code runs and
// what it must leave undone, and asserts no time.
//
//	MUSTER_BENCH_PEOPLE=10000    people; there are 20 to a group, and 10 memberships for each
//	MUSTER_BENCH_PROFILE=folder  CPU and heap profiles of each part
package bench
