package demo

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/source/ldap/ldaptest"
)

// staff is the directory as it stands, read straight from the server's entries: what an auditor would go by. It shares no code with Muster's reading.
type staff struct {
	people []worker
	groups []ldaptest.Entry
	byDN   map[string]ldaptest.Entry // everything, by DN in lower case
}

// A worker is one person of the directory.
type worker struct {
	id, dn, login, given, family, display, mail, title string
	enabled                                            bool
	primary                                            string // security identifier of the primary group
}

// readStaff reads all people and groups below the two units, wherever those stand now.
func readStaff(directory *ldaptest.Server, peopleID, groupsID string, now time.Time) staff {
	s := staff{byDN: map[string]ldaptest.Entry{}}
	var all []ldaptest.Entry
	bases := map[string]string{}
	directory.Each(func(e ldaptest.Entry) bool {
		all = append(all, e)
		s.byDN[strings.ToLower(e.DN)] = e
		bases[e.Get("objectGUID")] = strings.ToLower(e.DN)
		return true
	})
	for _, e := range all {
		dn := strings.ToLower(e.DN)
		switch {
		case strings.HasSuffix(dn, ","+bases[peopleID]) && isPerson(e):
			s.people = append(s.people, readWorker(e, now))
		case strings.HasSuffix(dn, ","+bases[groupsID]) && slices.Contains(e.Values("objectClass"), "group"):
			s.groups = append(s.groups, e)
		}
	}
	return s
}

func isPerson(e ldaptest.Entry) bool {
	return slices.Contains(e.Values("objectClass"), "user") && strings.HasPrefix(e.Get("objectCategory"), "CN=Person,")
}

func readWorker(e ldaptest.Entry, now time.Time) worker {
	w := worker{
		id: e.Get("objectGUID"), dn: e.DN, login: e.Get("sAMAccountName"), given: e.Get("givenName"), family: e.Get("sn"), display: e.Get("displayName"),
		mail: e.Get("mail"), title: e.Get("title"), enabled: enabled(e, now),
	}
	if w.display == "" {
		w.display = e.Get("cn")
	}
	if own, rid := e.Get("objectSid"), number(e.Get("primaryGroupID")); len(own) > 4 {
		w.primary = own[:len(own)-4] + string([]byte{byte(rid), byte(rid >> 8), byte(rid >> 16), byte(rid >> 24)})
	}
	return w
}

// enabled reports whether an account may be used: not switched off, and not past its end.
func enabled(e ldaptest.Entry, now time.Time) bool {
	if number(e.Get("userAccountControl"))&2 != 0 {
		return false
	}
	end := number(e.Get("accountExpires"))
	return end == 0 || end == 1<<63-1 || end > fileTime(now)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// within returns the ids of all people in a group, in groups within it, and of those whose primary group one of them is.
func (s staff) within(group string) map[string]bool {
	out, seen := map[string]bool{}, map[string]bool{}
	var walk func(dn string)
	walk = func(dn string) {
		dn = strings.ToLower(dn)
		e, ok := s.byDN[dn]
		if !ok || seen[dn] {
			return
		}
		seen[dn] = true
		if !slices.Contains(e.Values("objectClass"), "group") {
			out[e.Get("objectGUID")] = true
			return
		}
		for _, member := range e.Values("member") {
			walk(member)
		}
		for _, p := range s.people {
			if p.primary == e.Get("objectSid") {
				out[p.id] = true
			}
		}
	}
	walk(group)
	return out
}
