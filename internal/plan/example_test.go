package plan_test

import (
	"fmt"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// A person who left still has an account under their user name: it becomes theirs, and is disabled.
func ExampleObject() {
	want := plan.Desired{
		Target: "wiki", Object: "0", Kind: connector.User, Name: "jsmith",
		Scope: plan.In, Active: false, Cause: directory.Stated,
		Attrs:  attr.Set{"userName": {"jsmith"}},
		Match:  []attr.Path{"userName"},
		Policy: plan.Policy{Create: true, Update: true, Remove: plan.Disable, Removing: true},
	}
	candidate := &connector.Remote{ID: "2819c223", Attrs: attr.Set{"userName": {"jsmith"}}, Active: true}

	for _, l := range plan.Object(want, link.Link{}, candidate, connector.Features{Disable: true}) {
		fmt.Printf("%s %s: %s\n", l.Verb, l.Remote, l.Why)
	}
	// Output:
	// link 2819c223: matches one that is there already, by userName
	// disable 2819c223: is disabled, expired or deleted at the source
}

// Two teams are emptied in one wave: the removals are few enough, and the large team is held all the same.
func ExampleJudge() {
	lines := []plan.Line{
		{Object: "night-shift", Verb: plan.RemoveMembers, Class: link.Unmember, Count: 3, Size: 3},
		{Object: "all-staff", Verb: plan.RemoveMembers, Class: link.Unmember, Count: 12, Size: 12},
		{Object: "jsmith", Verb: plan.DisableUser, Class: link.Stated, Count: 1},
	}
	verdicts := plan.Judge(plan.Budget{Have: link.Counts{Users: 300, Groups: 40, Memberships: 1000}}, lines)
	for _, v := range verdicts {
		fmt.Println(v.Why)
	}
	for _, l := range lines {
		_, held := plan.Tripped(verdicts, l)
		fmt.Printf("%s %s: held %t\n", l.Verb, l.Object, held)
	}
	// Output:
	// 1 disable because their source says so, 0 in the last 24 hours; the limit is 10
	// 15 membership removals, 0 in the last 24 hours; the limit is 200; 1 of the groups with 10 members or more would have none left
	// remove members night-shift: held false
	// remove members all-staff: held true
	// disable jsmith: held false
}
