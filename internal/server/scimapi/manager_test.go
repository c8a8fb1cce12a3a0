package scimapi_test

import (
	"testing"

	"muster/internal/directory"
	"muster/internal/scim"
)

// I2, P2: the manager that a client states by the SCIM id comes back as it was sent, and is whom targets follow.
func TestManagerIsAReference(t *testing.T) {
	c := newClient(t, "standard")
	boss, other := c.newUser("boss"), c.newUser("other")
	manager := func(id string) string { return `"` + scim.EnterpriseURN + `":{"manager":{"value":"` + id + `"}}` }
	a := c.send("POST", "/Users", userBody("ada", manager(boss))).want(201)
	leads := func(want string) {
		t.Helper()
		got := ""
		err := c.store.View(t.Context(), func(v directory.Reader) error {
			people, err := v.ObjectsByHandle(t.Context(), directory.Person, []string{"ada"})
			if err != nil {
				return err
			}
			refs, err := v.References(t.Context(), []directory.ID{people[0].ID})
			for _, f := range refs {
				o, err := v.Object(t.Context(), f.Person)
				if err != nil {
					return err
				}
				got += f.Name + " " + o.Handle()
			}
			return err
		})
		if err != nil || got != want {
			t.Errorf("ada refers to %q, want %q: %v", got, want, err)
		}
	}
	leads("manager boss")
	if got := c.send("GET", "/Users/"+a.id(), "").want(200).at(scim.EnterpriseURN + "/manager/value"); got != boss {
		t.Errorf("the manager comes back as %q", got)
	}
	c.send("PUT", "/Users/"+a.id(), userBody("ada", manager(other))).want(200)
	leads("manager other")
	c.send("PUT", "/Users/"+a.id(), userBody("ada")).want(200)
	leads("")
}
