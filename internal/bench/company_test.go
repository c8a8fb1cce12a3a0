package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

const base = "dc=corp,dc=example"

// A size says how large the company is.
type size struct{ people, groups, members int }

// sized is a company of n people: 20 to a group, 10 memberships for each.
func sized(n int) size {
	groups := max(1, n/20)
	return size{people: n, groups: groups, members: min(n, 10*n/groups)}
}

// full is the size that is asked for, or that of a large company.
func full(tb testing.TB) size {
	n := 100_000
	if text := os.Getenv("MUSTER_BENCH_PEOPLE"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 100 {
			tb.Fatalf("MUSTER_BENCH_PEOPLE=%s: want a number from 100 on", text)
		}
	}
	return sized(n)
}

func (s size) memberships() int { return s.groups * s.members }

// ldif is the company as slapadd loads it. It is the same each time.
func (s size) ldif() string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.Grow(s.people*400 + s.memberships()*60)
	for _, ou := range []string{"People", "Groups"} {
		fmt.Fprintf(&b, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", ou, base, ou)
	}
	for i := range s.people {
		given, family := givenNames[random.IntN(len(givenNames))], familyNames[random.IntN(len(familyNames))]
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\nuid: p%06d\ncn: %s %s %d\nsn: %s\ngivenName: %s\ndisplayName: %s %s\nmail: p%06d@example.com\n"+
			"title: Clerk of the %dth desk\ndepartmentNumber: %d\nemployeeType: staff\ntelephoneNumber: +1 555 %07d\n\n",
			personDN(i), i, given, family, i, family, given, given, family, i, i%97, i%40, i)
	}
	for g := range s.groups {
		fmt.Fprintf(&b, "dn: cn=group%05d,ou=Groups,%s\nobjectClass: groupOfNames\ncn: group%05d\ndescription: Everybody of group %d\n", g, base, g, g)
		in := make(map[int]bool, s.members)
		for len(in) < s.members {
			if i := random.IntN(s.people); !in[i] {
				in[i] = true
				fmt.Fprintf(&b, "member: %s\n", personDN(i))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func personDN(i int) string { return fmt.Sprintf("uid=p%06d,ou=People,%s", i, base) }

var (
	givenNames  = []string{"Anna", "Ben", "Chloé", "Dmitri", "Eva", "Finn", "Gül", "Hugo", "Inês", "Jörg", "Kim", "Lars", "Mia", "Nils", "Olga", "Paul"}
	familyNames = []string{"Ek", "Itō", "Dubois", "O'Neil", "Müller", "Grün", "Rossi", "Łukasik", "Berg", "Wang", "Park", "Novak", "Åberg", "Petrova", "Smith"}
)
