package ldap_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
)

// X2: a base that is renamed between the reading of its people and that of its groups changes the names of all members. They are no strangers: the groups are
// not whole, and the read is not complete.
func TestBaseRenamedInTheMiddleOfARead(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	before := mustPull(t, open(t, adConfig(s)))
	cfg := adConfig(s)
	cfg.Pins = before.Pins
	rename := sync.OnceFunc(func() {
		if err := s.Rename("OU=People,"+adBase, "OU=Staff,"+adBase); err != nil {
			t.Error(err)
		}
	})
	s.Set(ldaptest.Faults{Only: func(q ldaptest.Request) bool {
		if slices.Contains(q.Attributes, "member") {
			rename()
		}
		return false
	}})
	r := wantIncomplete(t, open(t, cfg), "base")
	for _, cn := range []string{"Inner", "Outer"} {
		if r.Whole[guid(t, s, "CN="+cn+",OU=Groups,"+adBase)] {
			t.Errorf("%s counts as whole, without its members in the base that was renamed", cn)
		}
	}
	s.Set(ldaptest.Faults{})
	after := mustPull(t, open(t, cfg))
	if d := cmp.Diff(before.Members, after.Members); d != "" {
		t.Errorf("members in the next read (-before +after):\n%s", d)
	}
}
