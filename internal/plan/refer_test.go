package plan_test

import (
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/link"
	"muster/internal/plan"
)

// P2, P5: a reference to somebody follows their account, and waits for nobody.
func TestReferences(t *testing.T) {
	refers := func(r plan.Ref) func(*row) {
		return func(x *row) {
			r.Path, r.To, r.Name = "manager", "olivia0", "olivia"
			x.want.Refs = []plan.Ref{r}
		}
	}
	to := func(account connector.RemoteID) func(*row) { return refers(plan.Ref{Account: account}) }
	pending := refers(plan.Ref{Pending: true, Why: "it is not there yet"})
	ahead := func(x *row) { x.want.Ahead = true }
	holds := func(account string) func(*row) {
		return func(x *row) {
			x.have.Applied["manager"] = attr.Values{account}
		}
	}
	same := linked(link.Linked, true)
	run(t, []tableTest{
		{"their account is there", person(same, to("m1")), []string{"refer manager:>olivia"}},
		{"it is written there", person(same, holds("m1"), to("m1")), nil},
		{"they have another account", person(same, holds("m1"), to("m2")), []string{"refer manager:m1>olivia"}},
		{"they have none any more", person(same, holds("m1"), to("")), []string{"refer manager:m1>"}},
		{"they never had one", person(same, to("")), nil},
		{"theirs is to come", person(same, pending), nil},
		{"theirs is to come, and another is there", person(same, holds("m1"), pending), nil},
		{"theirs is to come, for somebody who looks", person(same, holds("m1"), pending, ahead), []string{"refer manager:m1>olivia"}},
		{"with a create", person(to("m1")), []string{"create active locale:>en title:>Clerk userName:>jsmith [creates 1]", "refer manager:>olivia"}},
		{"with a create, to come", person(pending), []string{"create active locale:>en title:>Clerk userName:>jsmith [creates 1]"}},
		{"nobody is created, nobody refers", person(to("m1"), rules(func(p *plan.Policy) { p.Create = false })), []string{"skip create switched_off locale:>en title:>Clerk userName:>jsmith"}},
		{"updating is off", person(same, to("m1"), rules(func(p *plan.Policy) { p.Update = false })), nil},
		{"a leaver keeps what is there", person(same, disabled, to("m1")), []string{"disable r1 [stated 1]"}},
		{"who is asked about waits", person(same, to("m1"), func(x *row) { x.want.Ask = "is it them?" }), nil},
	})
}

// The key of a reference is of whom it leads to, not of the account that they have or had: what was approved holds while accounts come.
func TestKeyOfAReference(t *testing.T) {
	key := func(change func(*plan.Ref), before string) string {
		x := person(linked(link.Linked, true))
		if before != "" {
			x.have.Applied["manager"] = attr.Values{before}
		}
		r := plan.Ref{Path: "manager", To: "olivia0", Name: "olivia", Account: "m1"}
		change(&r)
		x.want.Refs, x.want.Ahead = []plan.Ref{r}, true
		return plan.Object(x.want, x.have, x.seen, x.can)[0].Key
	}
	approved := key(func(r *plan.Ref) { r.Account, r.Pending = "", true }, "")
	if key(func(*plan.Ref) {}, "") != approved || key(func(r *plan.Ref) { r.Account = "m2" }, "m3") != approved {
		t.Error("it is another act once the account is there")
	}
	if key(func(r *plan.Ref) { r.To = "ben0" }, "") == approved || key(func(r *plan.Ref) { r.Path = "assistant" }, "") == approved {
		t.Error("it is the same act for somebody else, or in another attribute")
	}
}
