package app

import (
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
)

// Design 8.4: who is named in the configuration is closed by no run: everywhere, or at the target whose list it is; by user name, email, DN, or what the
// account is called there. So is whose account the token of a target is.
func TestWhoIsProtected(t *testing.T) {
	g := guard{
		binds: map[string]string{"corp": "cn=reader,dc=corp"}, tokens: map[string]string{"wiki": "u-17"},
		named: map[string][]string{"": {"Olivia@example.com"}, "wiki": {"uid=vault,dc=corp", "u-42", "break-glass"}, "mail": {"paul"}},
	}
	for _, c := range []struct {
		name, dn string
		account  link.Link
		wiki     bool // protected there
		mail     bool
	}{
		{"olivia", "uid=olivia,dc=corp", link.Link{}, true, true},
		{"vault", "UID=vault,DC=corp", link.Link{}, true, false},
		{"paul", "uid=paul,dc=corp", link.Link{}, false, true},
		{"reader", "cn=reader,dc=corp", link.Link{}, true, true},
		{"ann", "uid=ann,dc=corp", link.Link{Remote: "u-42"}, true, false},
		{"ben", "uid=ben,dc=corp", link.Link{Remote: "u-1", Applied: attr.Set{"userName": {"Break-Glass"}}}, true, false},
		{"key", "uid=key,dc=corp", link.Link{Remote: "u-17"}, true, false},
		{"eve", "uid=eve,dc=corp", link.Link{Remote: "u-2"}, false, false},
	} {
		o := directory.Object{ID: directory.NewID(), Attrs: attr.Set{directory.Username: {c.name}, directory.Email: {c.name + "@example.com"}}, Kind: directory.Person}
		records := []directory.Record{{Source: "corp", Name: c.dn}}
		for target, want := range map[string]bool{"wiki": c.wiki, "mail": c.mail} {
			if why, fix := g.at(target, o, records, c.account); (why != "") != want || (fix != "") != want {
				t.Errorf("%s at %s: %q, %q; want protected %t", c.name, target, why, fix, want)
			}
		}
	}
}

// An order is refused as well: for anybody on the list for all, and at a target for whom its list names.
func TestAccountsThatAreProtected(t *testing.T) {
	g := guard{named: map[string][]string{"": {"olivia"}, "wiki": {"u-42"}}}
	for account, want := range map[string]bool{"olivia": true, "U-42": true, "u-43": false, "": false} {
		if why, _ := g.ofAccount("wiki", account); (why != "") != want {
			t.Errorf("the account %q: %q, want protected %t", account, why, want)
		}
	}
}
