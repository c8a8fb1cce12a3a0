package e2e

import (
	"maps"
	"slices"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/testserver"
)

// stories are all stories of the triggers, by what happens.
func stories() map[string]func(*story) {
	out := map[string]func(*story){}
	for _, chapter := range []map[string]func(*story){
		peopleEnterAndLeave(), valuesFollow(), actionsSwitchedOff(), groupsFollow(), accountsAreMatched(),
	} {
		maps.Copy(out, chapter)
	}
	return out
}

// P2, P3, P4, P5, P6, P7, P8, P9, P10, P11: every trigger, from OpenLDAP to Meisterplan and a plain service.
func TestTriggersOnSlapd(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	c.triggers(scimtest.Plain, scimtest.Meisterplan)
}

// P2, P3, P4, P5, P6, P7, P8, P9, P10, P11: every trigger, from Active Directory to Slack and Atlassian. Slack deletes nobody: `check` refuses that.
func TestTriggersOnSamba(t *testing.T) {
	t.Parallel()
	c, _ := onSamba(t)
	c.triggers(scimtest.Slack, scimtest.Atlassian)
}

// triggers plays all stories with targets of these vendors. Only the second can delete.
func (c *company) triggers(first, second scimtest.Vendor) {
	c.t.Helper()
	c.RemoveMembers(group("wiki"), group("staff"))
	sites := slices.Concat(plays("wiki", first, second), plays("desk", first, second), plays("shop", second),
		plays("nocreate", first), plays("noupdate", second), plays("noremove", first))
	for _, x := range sites {
		if x.part == "desk" && (x.vendor == scimtest.Plain || x.vendor == scimtest.Slack) {
			x.match = `[userName, 'emails[type eq "work"].value']` // the others know no filter by address
		}
	}
	for _, name := range []string{"desk-guests", "nocreate", "noupdate", "noremove"} {
		c.group(name)
	}
	told := stories()
	if c.enroll == nil {
		delete(told, "P10: changed on the person") // memberOf of OpenLDAP is only read
	}
	w := c.town(sites...)
	w.play(told)
	for _, x := range w.sites {
		before := len(x.Writes())
		w.muster("sync", "--full")
		if more := x.Writes()[before:]; len(more) > 0 {
			c.t.Errorf("%s: when all is in step, a full comparison writes %+v", x.name, more)
		}
		if err := x.Invariants(); err != nil {
			c.t.Errorf("%s: %v", x.name, err)
		}
	}
}
