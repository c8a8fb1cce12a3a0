package app

import (
	"testing"

	"muster/internal/source"
)

// The likeliest place of people is the part of a naming context that holds most of them, unless they are spread over several.
func TestLikeliest(t *testing.T) {
	at := func(dn string, depth, n int) source.Place { return source.Place{DN: dn, Depth: depth, People: n} }
	root := "DC=corp,DC=example"
	for name, c := range map[string]struct {
		places []source.Place
		want   string
	}{
		"one unit":                {[]source.Place{at(root, 0, 10), at("OU=People,"+root, 1, 9), at("OU=Service,"+root, 1, 1)}, "OU=People," + root},
		"a unit in a unit":        {[]source.Place{at(root, 0, 10), at("OU=Corp,"+root, 1, 9), at("OU=People,OU=Corp,"+root, 2, 9)}, "OU=People,OU=Corp," + root},
		"spread below one":        {[]source.Place{at(root, 0, 10), at("OU=Corp,"+root, 1, 10), at("OU=A,OU=Corp,"+root, 2, 6), at("OU=B,OU=Corp,"+root, 2, 4)}, "OU=Corp," + root},
		"spread over all":         {[]source.Place{at(root, 0, 9), at("OU=A,"+root, 1, 3), at("OU=B,"+root, 1, 3), at("OU=C,"+root, 1, 3)}, root},
		"beside what AD has":      {[]source.Place{at(root, 0, 60), at("CN=Builtin,"+root, 1, 30), at("CN=Users,"+root, 1, 20), at("OU=Groups,"+root, 1, 10)}, "OU=Groups," + root},
		"only what AD has":        {[]source.Place{at(root, 0, 20), at("CN=Users,"+root, 1, 20)}, root},
		"in the context itself":   {[]source.Place{at(root, 0, 5)}, root},
		"nobody":                  {[]source.Place{at(root, 0, 0)}, ""},
		"the larger context":      {[]source.Place{at("dc=a", 0, 1), at("dc=b", 0, 7), at("ou=p,dc=b", 1, 7)}, "ou=p,dc=b"},
		"an empty directory":      {nil, ""},
		"of somewhere else in it": {[]source.Place{at(root, 0, 8), at("OU=A,"+root, 1, 6), at("OU=X,OU=B,"+root, 2, 6), at("OU=B,"+root, 1, 2)}, "OU=A," + root},
	} {
		got := ""
		if best, _ := likeliest(c.places, func(p source.Place) int { return p.People }); best != nil {
			got = best.DN
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
