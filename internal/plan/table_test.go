package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// everything is what a target offers that lacks nothing.
var everything = connector.Features{Groups: true, MembersReadable: true, RenameGroup: true, Disable: true, CreateDisabled: true, DeleteUser: true}

// usual are the rules of a target for people.
var usual = plan.Policy{Create: true, Update: true, Remove: plan.Disable, Removing: true, Names: []attr.Path{"userName", "emails"}}

// A row is one case of the table: the arguments of Object.
type row struct {
	want plan.Desired
	have link.Link
	seen *connector.Remote
	can  connector.Features
}

// person returns the row of an active person in scope who has no account.
func person(change ...func(*row)) row {
	r := row{can: everything, want: plan.Desired{
		Target: "wiki", Object: "jsmith0", Kind: connector.User, Name: "jsmith", Scope: plan.In, Active: true,
		Attrs:  attr.Set{"userName": {"jsmith"}, "title": {"Clerk"}, "nickName": nil},
		Once:   attr.Set{"locale": {"en"}},
		Match:  []attr.Path{"userName"},
		Policy: usual,
	}}
	for _, c := range change {
		c(&r)
	}
	return r
}

// team returns the row of a group in scope that is not there yet.
func team(change ...func(*row)) row {
	return person(append([]func(*row){func(r *row) {
		r.want.Object, r.want.Kind, r.want.Name = "team0", connector.Group, "Accounting"
		r.want.Attrs, r.want.Once, r.want.Match = attr.Set{"displayName": {"Accounting"}}, nil, []attr.Path{"displayName"}
		r.want.Policy.Remove, r.want.Policy.Names = plan.Delete, nil
	}}, change...)...)
}

func disabled(r *row) { r.want.Active, r.want.Cause = false, directory.Stated }

func out(cause directory.Cause) func(*row) {
	return func(r *row) { r.want.Scope, r.want.Cause = plan.Out, cause }
}

func rules(change func(*plan.Policy)) func(*row) { return func(r *row) { change(&r.want.Policy) } }

func lacks(change func(*connector.Features)) func(*row) { return func(r *row) { change(&r.can) } }

// candidate makes an account match: active or not, with title as its title.
func candidate(active bool, title string) func(*row) {
	return func(r *row) {
		r.seen = &connector.Remote{ID: "r1", Kind: r.want.Kind, Attrs: r.want.Attrs.Clone(), Active: active}
		if title != "" {
			r.seen.Attrs["title"] = attr.Values{title}
		}
	}
}

// linked makes the object linked to an account in step, active or not.
func linked(state link.State, active bool) func(*row) {
	return func(r *row) {
		r.have = link.Link{Target: "wiki", Object: r.want.Object, Kind: r.want.Kind, Remote: "r1", State: state, Active: active, Applied: r.want.Attrs.Clone()}
	}
}

func applied(p attr.Path, v ...string) func(*row) { return func(r *row) { r.have.Applied[p] = v } }

func observed(active bool, p attr.Path, v ...string) func(*row) {
	return func(r *row) {
		r.seen = &connector.Remote{ID: "r1", Kind: r.want.Kind, Attrs: r.want.Attrs.Clone(), Active: active}
		r.seen.Attrs[p] = v
	}
}

func lacking(r *row) { r.want.Missing = []attr.Path{"emails"} }

func unfit(r *row) {
	r.want.Invalid = []connector.Problem{{Path: "title", Reason: "longer than 3 characters"}}
}

func asking(r *row) { r.want.Ask = "was Jo Smith's account once" }

// brief tells a line in a few words: verb, remote, fields, class and count.
func brief(l plan.Line) string {
	parts := []string{string(l.Verb)}
	if l.Verb == plan.Skip {
		parts = append(parts, string(l.Of), l.Code)
	}
	if l.Verb == plan.Create {
		parts = append(parts, map[bool]string{true: "active", false: "disabled"}[l.Active])
	}
	if l.Remote != "" {
		parts = append(parts, string(l.Remote))
	}
	for _, c := range l.Fields {
		parts = append(parts, fmt.Sprintf("%s:%s>%s", c.Path, strings.Join(c.Old, "+"), strings.Join(c.New, "+")))
	}
	if l.Class != "" {
		parts = append(parts, fmt.Sprintf("[%s %d]", l.Class, l.Count))
	}
	return strings.Join(parts, " ")
}

func briefs(lines []plan.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, brief(l))
	}
	return out
}

// A tableTest is a row with what it must give.
type tableTest struct {
	name string
	row  row
	want []string
}

func run(t *testing.T, tests []tableTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Object(tt.row.want, tt.row.have, tt.row.seen, tt.row.can)
			if diff := cmp.Diff(tt.want, briefs(got)); diff != "" {
				t.Errorf("lines differ (-want +got):\n%s", diff)
			}
			for _, l := range got {
				if l.Key == "" || l.Why == "" || l.Target != "wiki" || l.Object != tt.row.want.Object || l.Kind != tt.row.want.Kind || l.Name != tt.row.want.Name {
					t.Errorf("incomplete line %+v", l)
				}
			}
		})
	}
}

const creation = " locale:>en title:>Clerk userName:>jsmith [creates 1]"

func TestObjectUnknown(t *testing.T) {
	unknown := func(r *row) { r.want.Scope = plan.Unknown }
	run(t, []tableTest{
		{"unknown, not linked", person(unknown), nil},
		{"unknown, candidate", person(unknown, candidate(true, "Boss")), nil},
		{"unknown, linked, differs", person(linked(link.Linked, true), applied("title", "Boss"), unknown), nil},
		{"unknown, linked, person disabled", person(linked(link.Linked, true), disabled, unknown), []string{"disable r1 [stated 1]"}},
		{"unknown, linked, person missing", person(linked(link.Linked, true), disabled, unknown, func(r *row) { r.want.Cause = directory.Missing }), nil},
		{"unknown, group", team(linked(link.Linked, true), unknown), nil},
		{"no scope at all", person(linked(link.Linked, true), func(r *row) { r.want.Scope = "" }), nil},
	})
}

func TestObjectEnters(t *testing.T) {
	provision := rules(func(p *plan.Policy) { p.ProvisionDisabled = true })
	noCreateDisabled := lacks(func(f *connector.Features) { f.CreateDisabled = false })
	run(t, []tableTest{
		{"active", person(), []string{"create active" + creation}},
		{"active, link lost", person(linked(link.Lost, true)), []string{"create active" + creation}},
		{"active, closed by a delete", person(linked(link.Closed, false), func(r *row) { r.have.Applied = nil }), []string{"create active" + creation}},
		{"active, create off", person(rules(func(p *plan.Policy) { p.Create = false })), []string{"skip create switched_off locale:>en title:>Clerk userName:>jsmith"}},
		{"active, value missing", person(lacking), []string{"skip create missing_value locale:>en title:>Clerk userName:>jsmith"}},
		{"active, value unfit", person(unfit), []string{"skip create invalid locale:>en title:>Clerk userName:>jsmith"}},
		{"active, ask", person(asking), []string{"skip create ask locale:>en title:>Clerk userName:>jsmith"}},
		{"disabled", person(disabled), nil},
		{"disabled, value missing", person(disabled, lacking), nil},
		{"disabled, provisioned", person(disabled, provision), []string{"create disabled" + creation}},
		{"disabled, provisioned, but removal is delete", person(disabled, provision, rules(func(p *plan.Policy) { p.Remove = plan.Delete })), nil},
		{"disabled, provisioned, but removal is off", person(disabled, provision, rules(func(p *plan.Policy) { p.Removing = false })), nil},
		{
			"disabled, provisioned, target cannot create disabled", person(disabled, provision, noCreateDisabled),
			[]string{"create active" + creation, "disable [creates 0]"},
		},
		{
			"disabled, provisioned, target cannot disable at all", person(disabled, provision, noCreateDisabled, lacks(func(f *connector.Features) { f.Disable = false })),
			[]string{"skip create unsupported locale:>en title:>Clerk userName:>jsmith"},
		},
	})
}

func TestObjectAdopts(t *testing.T) {
	run(t, []tableTest{
		{"active person, active account, in step", person(candidate(true, "")), []string{"link r1"}},
		{"active person, active account, differs; once is not written", person(candidate(true, "Boss")), []string{"link r1", "update r1 title:Boss>Clerk"}},
		{
			"user name differs in case", person(candidate(true, ""), func(r *row) { r.seen.Attrs["userName"] = attr.Values{"JSmith"} }),
			[]string{"link r1", "update r1 userName:JSmith>jsmith [names 1]"},
		},
		{"update off", person(candidate(true, "Boss"), rules(func(p *plan.Policy) { p.Update = false })), []string{"link r1", "skip update switched_off r1 title:Boss>Clerk"}},
		{"create off does not matter", person(candidate(true, ""), rules(func(p *plan.Policy) { p.Create = false })), []string{"link r1"}},
		{"value missing", person(candidate(true, "Boss"), lacking), []string{"link r1", "skip update missing_value r1 title:Boss>Clerk"}},
		{"lost link, other account matches", person(linked(link.Lost, true), candidate(true, ""), func(r *row) { r.seen.ID = "r2" }), []string{"link r2"}},
		{
			"closed by a delete, other account matches",
			person(linked(link.Closed, false), candidate(true, ""), func(r *row) { r.seen.ID, r.have.Applied = "r2", nil }),
			[]string{"link r2"},
		},
		{"owned once", person(candidate(true, "Boss"), asking), []string{"skip link ask r1"}},
		{"active person, disabled account", person(candidate(false, "Boss")), []string{"skip link ask r1"}},
		{"disabled person, active account", person(candidate(true, "Boss"), disabled), []string{"link r1", "disable r1 [stated 1]"}},
		{
			"disabled person, active account, removal is delete", person(candidate(true, ""), disabled, rules(func(p *plan.Policy) { p.Remove = plan.Delete })),
			[]string{"link r1", "delete r1 [stated 1]"},
		},
		{
			"disabled person, active account, removal off", person(candidate(true, ""), disabled, rules(func(p *plan.Policy) { p.Removing = false })),
			[]string{"link r1", "skip disable switched_off r1"},
		},
		{
			"disabled person, active account, target cannot disable", person(candidate(true, ""), disabled, lacks(func(f *connector.Features) { f.Disable = false })),
			[]string{"link r1", "skip disable unsupported r1"},
		},
		{"disabled person, disabled account", person(candidate(false, "Boss"), disabled), []string{"link r1"}},
		{"out of scope", person(candidate(true, ""), out(directory.Left)), nil},
	})
}

func TestObjectStays(t *testing.T) {
	noUpdate := rules(func(p *plan.Policy) { p.Update = false })
	run(t, []tableTest{
		{"in step", person(linked(link.Linked, true)), nil},
		{"in step as observed", person(linked(link.Linked, true), applied("title", "Boss"), observed(true, "title", "Clerk")), nil},
		{"differs from what was applied", person(linked(link.Linked, true), applied("title", "Boss")), []string{"update r1 title:Boss>Clerk"}},
		{"differs as observed", person(linked(link.Linked, true), observed(true, "title", "Boss", "Head")), []string{"update r1 title:Boss+Head>Clerk"}},
		{"cleared at the source", person(linked(link.Linked, true), applied("nickName", "Jo")), []string{"update r1 nickName:Jo>"}},
		{"not mapped", person(linked(link.Linked, true), applied("locale", "fr")), nil},
		{"user name gets another letter case", person(linked(link.Linked, true), applied("userName", "JSmith")), []string{"update r1 userName:JSmith>jsmith [names 1]"}},
		{"user name was empty", person(linked(link.Linked, true), applied("userName")), []string{"update r1 userName:>jsmith"}},
		{"update off", person(linked(link.Linked, true), applied("title", "Boss"), noUpdate), []string{"skip update switched_off r1 title:Boss>Clerk"}},
		{"update off, in step", person(linked(link.Linked, true), noUpdate), nil},
		{"value missing", person(linked(link.Linked, true), applied("title", "Boss"), lacking), []string{"skip update missing_value r1 title:Boss>Clerk"}},
		{"value unfit", person(linked(link.Linked, true), applied("title", "Boss"), unfit), []string{"skip update invalid r1 title:Boss>Clerk"}},
		{"ask", person(linked(link.Linked, true), applied("title", "Boss"), asking), []string{"skip update ask r1 title:Boss>Clerk"}},
		{"ask, in step", person(linked(link.Linked, true), asking), nil},
		{"account disabled", person(linked(link.Linked, false)), []string{"enable r1"}},
		{"account disabled as observed", person(linked(link.Linked, true), observed(false, "title", "Boss")), []string{"enable r1 title:Boss>Clerk"}},
		{"came back after the link was closed", person(linked(link.Closed, false), applied("title", "Boss")), []string{"enable r1 title:Boss>Clerk"}},
		{"came back while closing", person(linked(link.Closing, true)), nil},
		{"account disabled, other user name", person(linked(link.Linked, false), applied("userName", "jo")), []string{"enable r1 userName:jo>jsmith [names 1]"}},
		{"account disabled, update off", person(linked(link.Linked, false), noUpdate), []string{"skip enable switched_off r1"}},
		{"account disabled, value missing", person(linked(link.Linked, false), lacking), []string{"skip enable missing_value r1"}},
		{"account disabled, target cannot", person(linked(link.Linked, false), lacks(func(f *connector.Features) { f.Disable = false })), []string{"skip enable unsupported r1"}},
		{"both disabled", person(linked(link.Linked, false), applied("title", "Boss"), disabled), nil},
	})
}

func TestObjectLeaves(t *testing.T) {
	deletes := rules(func(p *plan.Policy) { p.Remove = plan.Delete })
	run(t, []tableTest{
		{"disabled in scope", person(linked(link.Linked, true), disabled), []string{"disable r1 [stated 1]"}},
		{"disabled in scope, value missing", person(linked(link.Linked, true), disabled, lacking), []string{"disable r1 [stated 1]"}},
		{"disabled in scope, value unfit", person(linked(link.Linked, true), disabled, unfit), []string{"disable r1 [stated 1]"}},
		{"left, value missing and another unfit", person(linked(link.Linked, true), out(directory.Left), lacking, unfit), []string{"disable r1 [left 1]"}},
		{"protected", person(linked(link.Linked, true), out(directory.Left), asking), []string{"skip disable ask r1"}},
		{"disabled in scope, enabled again at the target", person(linked(link.Closed, false), observed(true, "title", "Clerk"), disabled), []string{"disable r1 [stated 1]"}},
		{"disabled in scope, removal is delete", person(linked(link.Linked, true), disabled, deletes), []string{"delete r1 [stated 1]"}},
		{"stated", person(linked(link.Linked, true), out(directory.Stated)), []string{"disable r1 [stated 1]"}},
		{"operator", person(linked(link.Linked, true), out(directory.Operator)), []string{"disable r1 [stated 1]"}},
		{"left", person(linked(link.Linked, true), out(directory.Left)), []string{"disable r1 [left 1]"}},
		{"missing", person(linked(link.Linked, true), out(directory.Missing)), []string{"disable r1 [missing 1]"}},
		{"no cause is no evidence", person(linked(link.Linked, true), out(directory.NoCause)), []string{"disable r1 [missing 1]"}},
		{"attributes of leavers are left alone", person(linked(link.Linked, true), applied("title", "Boss"), out(directory.Left)), []string{"disable r1 [left 1]"}},
		{"closing, not confirmed", person(linked(link.Closing, true), out(directory.Left)), []string{"disable r1 [left 1]"}},
		{"closing, disabled", person(linked(link.Closing, false), out(directory.Left)), nil},
		{"disabled already", person(linked(link.Linked, true), observed(false, "title", "Clerk"), out(directory.Left)), nil},
		{"closed", person(linked(link.Closed, false), out(directory.Left)), nil},
		{"closed, removal is delete", person(linked(link.Closed, false), out(directory.Left), deletes), nil},
		{"lost", person(linked(link.Lost, true), out(directory.Left)), nil},
		{"never linked", person(out(directory.Left)), nil},
		{"delete", person(linked(link.Linked, true), out(directory.Left), deletes), []string{"delete r1 [left 1]"}},
		{"delete, disabled already", person(linked(link.Linked, false), out(directory.Left), deletes), []string{"delete r1 [left 1]"}},
		{"nothing", person(linked(link.Linked, true), out(directory.Left), rules(func(p *plan.Policy) { p.Remove = plan.Leave })), []string{"skip disable switched_off r1"}},
		{"empty means nothing to a person", person(linked(link.Linked, true), out(directory.Left), rules(func(p *plan.Policy) { p.Remove = plan.Empty })), nil},
		{"removal off", person(linked(link.Linked, true), out(directory.Left), rules(func(p *plan.Policy) { p.Removing = false })), []string{"skip disable switched_off r1"}},
		{"target cannot disable", person(linked(link.Linked, true), out(directory.Left), lacks(func(f *connector.Features) { f.Disable = false })), []string{"skip disable unsupported r1"}},
		{"target cannot delete", person(linked(link.Linked, true), out(directory.Left), deletes, lacks(func(f *connector.Features) { f.DeleteUser = false })), []string{"skip delete unsupported r1"}},
	})
}

func TestObjectGroups(t *testing.T) {
	removal := func(r plan.Removal) func(*row) {
		return func(w *row) { w.want.Policy.Remove, w.want.Size = r, 12 }
	}
	off := rules(func(p *plan.Policy) { p.Removing = false })
	old := applied("displayName", "Accounts")
	noRename := lacks(func(f *connector.Features) { f.RenameGroup = false })
	noGroups := lacks(func(f *connector.Features) { f.Groups = false })
	run(t, []tableTest{
		{"create", team(), []string{"create active displayName:>Accounting [creates 1]"}},
		{"create, no groups there", team(noGroups), []string{"skip create unsupported displayName:>Accounting"}},
		{"gone before it was created", team(disabled), nil},
		{"gone, one of its name is there", team(candidate(true, ""), disabled), nil},
		{"link", team(candidate(true, "")), []string{"link r1"}},
		{"rename", team(linked(link.Linked, true), old), []string{"update r1 displayName:Accounts>Accounting"}},
		{"rename, target cannot", team(linked(link.Linked, true), old, noRename), []string{"skip update ask r1 displayName:Accounts>Accounting"}},
		{"other attribute, target cannot rename", team(linked(link.Linked, true), applied("externalId", "7"), func(r *row) { r.want.Attrs["externalId"] = attr.Values{"8"} }, noRename), []string{"update r1 externalId:7>8"}},
		{"a group is never disabled there", team(linked(link.Linked, false)), nil},
		{"delete", team(linked(link.Linked, true), out(directory.Left), removal(plan.Delete)), []string{"delete r1 [groups 1]"}},
		{"delete, gone but in scope", team(linked(link.Linked, true), disabled, removal(plan.Delete)), []string{"delete r1 [groups 1]"}},
		{"delete, off", team(linked(link.Linked, true), out(directory.Left), removal(plan.Delete), off), []string{"skip delete switched_off r1"}},
		{"delete, no groups there", team(linked(link.Linked, true), out(directory.Left), removal(plan.Delete), noGroups), []string{"skip delete unsupported r1"}},
		{"delete needs no right to delete people", team(linked(link.Linked, true), out(directory.Left), removal(plan.Delete), lacks(func(f *connector.Features) { f.DeleteUser = false })), []string{"delete r1 [groups 1]"}},
		{"renamed out of a filter", team(linked(link.Linked, true), out(directory.Left), removal(plan.Delete), asking), []string{"skip delete ask r1"}},
		{"empty is planned edge by edge", team(linked(link.Linked, true), out(directory.Left), removal(plan.Empty)), nil},
		{"empty, off", team(linked(link.Linked, true), out(directory.Left), removal(plan.Empty), off), []string{"skip remove members switched_off r1"}},
		{"nothing", team(linked(link.Linked, true), out(directory.Left), removal(plan.Leave)), []string{"skip delete switched_off r1"}},
		{"disable means nothing to a group", team(linked(link.Linked, true), out(directory.Left), removal(plan.Disable)), []string{"skip disable unsupported r1"}},
	})
}

func TestObjectGroupDeleteTellsSize(t *testing.T) {
	r := team(linked(link.Linked, true), out(directory.Left), func(r *row) { r.want.Size = 12 })
	got := plan.Object(r.want, r.have, r.seen, r.can)
	if len(got) != 1 || got[0].Size != 12 || got[0].Left != 0 {
		t.Errorf("got %+v, want one delete of a group of 12 that leaves 0", got)
	}
}

// A hold is released by key: what is planned before and after the account was linked must be the same act.
func TestObjectKeySurvivesLinking(t *testing.T) {
	for name, change := range map[string]func(*row){"update": func(*row) {}, "disable": disabled} {
		before := person(candidate(true, "Boss"), change)
		after := person(linked(link.Linked, true), applied("title", "Boss"), change)
		b := plan.Object(before.want, before.have, before.seen, before.can)
		a := plan.Object(after.want, after.have, after.seen, after.can)
		if len(b) != 2 || len(a) != 1 || a[0].Key != b[1].Key {
			t.Errorf("%s: planned %v before and %v after, with other keys", name, briefs(b), briefs(a))
		}
	}
}

func TestObjectSaysWhichValueIsUnfit(t *testing.T) {
	r := person(unfit)
	got := plan.Object(r.want, r.have, r.seen, r.can)
	if len(got) != 1 || !strings.Contains(got[0].Why, "title (longer than 3 characters)") {
		t.Errorf("got %+v, want the attribute and the reason in Why", got)
	}
}

func TestObjectNamesTheTargetsOwnReason(t *testing.T) {
	r := person(linked(link.Linked, true), disabled, lacks(func(f *connector.Features) {
		f.Disable, f.Notes = false, map[string]string{"disable": "the plan of this tenant has no SCIM"}
	}))
	got := plan.Object(r.want, r.have, r.seen, r.can)
	if len(got) != 1 || !strings.Contains(got[0].Why, "the plan of this tenant has no SCIM") {
		t.Errorf("got %+v, want the note of the connector in Why", got)
	}
}
