package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
)

var known = Known{
	Person:  []attr.Path{"username", "email", "givenName", "department", "name.familyName"},
	Group:   []attr.Path{"name", "description"},
	Sources: []string{"corp", "school"},
}

// person is Ada as the directory holds her, with her record.
func person() Input {
	return Input{
		Object: directory.Object{ID: "1", Kind: directory.Person, State: directory.Active, Attrs: attr.Set{
			"username": {"ada"}, "email": {"ada@example.com"}, "givenName": {"Ada"}, "name.familyName": {"Müller"},
		}},
		Records: []directory.Record{ada()},
	}
}

func compilePeople(t *testing.T, r ObjectRules) *Objects {
	t.Helper()
	target, err := CompileTarget(TargetRules{Name: "wiki", People: r}, known)
	if err != nil {
		t.Fatal(err)
	}
	return target.People()
}

func TestDesiredValues(t *testing.T) {
	o := compilePeople(t, ObjectRules{
		Create: true, Update: true,
		Attributes: Rules{
			"userName":                        {Expr: "person.username"},
			`emails[type eq "work"].value`:    {Expr: "person.email"},
			"name.givenName":                  {Expr: "person.GIVENNAME"},
			"name.familyName":                 {Expr: `person["name.familyName"]`},
			"userType":                        {Value: attr.Values{"Employee"}},
			"title":                           {Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true},
			"nickName":                        {Expr: "source.school.nick"},
			"department":                      {Expr: "person.department", Need: true},
			"locale":                          {Expr: "null"},
			"x509Certificates[type eq \"a\"]": {Expr: "source.corp.all.proxyAddresses"},
		},
	})
	got, traces, err := o.Desired(person(), []attr.Path{"userName", "displayName", "title"})
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Desired{
		Target: "wiki", Object: "1", Kind: "user", Name: "ada", Scope: plan.In, Reason: "the target receives every person", Active: true,
		Attrs: attr.Set{
			"userName": {"ada"}, `emails[type eq "work"].value`: {"ada@example.com"}, "name.givenName": {"Ada"}, "name.familyName": {"Müller"},
			"userType": {"Employee"}, "nickName": {}, "department": {}, `x509Certificates[type eq "a"]`: {"SMTP:ada@example.com", "smtp:am@example.com"},
		},
		Once:    attr.Set{"title": {"-"}},
		Missing: []attr.Path{"department", "displayName"},
		Match:   []attr.Path{"userName"},
		Policy: plan.Policy{
			Create: true, Update: true, Remove: plan.Disable, Removing: true,
			Names: []attr.Path{`emails[type eq "work"].value`, "userName"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	notes := map[attr.Path]string{}
	for _, tr := range traces {
		notes[tr.Path] = tr.Note
	}
	for p, note := range map[attr.Path]string{"title": "default", "userType": "constant", "locale": "left alone", "nickName": "cleared", "userName": ""} {
		if notes[p] != note {
			t.Errorf("note of %s is %q, want %q", p, notes[p], note)
		}
	}
}

func TestScope(t *testing.T) {
	gone := func(in *Input) {
		in.Object.State, in.Object.Cause = directory.Gone, directory.Missing
		in.Records[0].Status, in.Records[0].Cause = directory.Removed, directory.Missing
	}
	group := From{Group: "CN=Wiki,DC=example,DC=com"}
	tests := []struct {
		name   string
		from   From
		change func(*Input)
		want   plan.Scope
		cause  directory.Cause
		reason string
	}{
		{"everybody", From{}, nil, plan.In, "", "receives every person"},
		{"nobody's record", From{}, func(in *Input) { in.Records = nil }, plan.Out, directory.Left, "was made in Muster itself"},
		{"gone", From{}, gone, plan.Out, directory.Missing, "no source has ada any more"},
		{"gone, group unknown", group, gone, plan.Out, directory.Missing, "no source has ada any more"},
		{"disabled", From{}, func(in *Input) { in.Object.State, in.Object.Cause = directory.Disabled, directory.Stated }, plan.In, "", ""},
		{"in group", group, func(in *Input) { in.InGroup = plan.In }, plan.In, "", "is a member of CN=Wiki"},
		{"out of group", group, func(in *Input) { in.InGroup = plan.Out }, plan.Out, directory.Left, "is not a member of CN=Wiki"},
		{"group unknown", group, func(in *Input) { in.InGroup = plan.Unknown }, plan.Unknown, "", "is not known, so nobody enters or leaves"},
		{"group not looked at", group, nil, plan.Unknown, "", "is not known"},
		{"unknown beats out", From{Group: "x", Filter: "(mail=nobody)"}, nil, plan.Unknown, "", "x is not known"},
		{"all must hold", From{Group: "x", Filter: "(mail=nobody)"}, func(in *Input) { in.InGroup = plan.In }, plan.Out, directory.Left, "(mail=nobody) does not match"},
		{"filter", From{Filter: "(&(sn=MÜLLER)(mail=*@example.com))"}, nil, plan.In, "", "matches CN=Ada"},
		{"filter of the other source", From{Source: "school", Filter: "(mail=*)"}, nil, plan.Out, directory.Left, "has no record in school"},
		{"filter by dn", From{Filter: "(distinguishedName=cn=ada müller, ou=people,dc=example,dc=com)"}, nil, plan.In, "", ""},
		{"memberOf", From{Filter: "(memberOf=cn=staff,dc=example,dc=com)"}, func(in *Input) { in.MemberOf = []string{"CN=Staff,DC=example,DC=com"} }, plan.In, "", ""},
		{"memberOf from the groups only", From{Filter: "(memberOf=cn=staff,dc=example,dc=com)"}, func(in *Input) { in.Records[0].Attrs["memberof"] = attr.Values{"CN=Staff,DC=example,DC=com"} }, plan.Out, directory.Left, ""},
		{"memberOf in chain", From{Filter: "(memberOf:1.2.840.113556.1.4.1941:=cn=staff,dc=example,dc=com)"}, func(in *Input) { in.Above = []string{"CN=Staff,DC=example,DC=com"} }, plan.In, "", ""},
		{"absent counts as present", From{Filter: "(mail=*)"}, func(in *Input) { in.Records[0].Status = directory.Absent }, plan.In, "", ""},
		{"outside does not", From{Filter: "(mail=*)"}, func(in *Input) { in.Records[0].Status = directory.Outside; in.Records[0].Cause = directory.Left }, plan.Out, directory.Left, "no record"},
		{"removed from the source asked for", From{Source: "corp"}, func(in *Input) { in.Records[0].Status = directory.Removed; in.Records[0].Cause = directory.Missing }, plan.Out, directory.Missing, "has no record in corp"},
		{"condition", From{If: "person.email.endsWith('@example.com') && source.corp.sn != ''"}, nil, plan.In, "", "is true"},
		{"condition false", From{If: "person.department == 'IT'"}, nil, plan.Out, directory.Left, "is false"},
		{"condition by memberOf", From{If: "source.corp.all.memberOf.exists(g, g.startsWith('CN=Staff,'))"}, func(in *Input) { in.MemberOf = []string{"CN=Staff,DC=example,DC=com"} }, plan.In, "", ""},
		{"condition fails", From{If: "person.email.split('@')[7] == 'x'"}, nil, plan.Unknown, "", "cannot be told"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := person()
			if tt.change != nil {
				tt.change(&in)
			}
			got := compilePeople(t, ObjectRules{From: tt.from}).Scope(in)
			if got.Scope != tt.want || got.Cause != tt.cause || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("got %s, %q, %s\nwant %s, %q, … %s", got.Scope, got.Cause, got.Reason, tt.want, tt.cause, tt.reason)
			}
			if len(got.Steps) == 0 || got.Reason == "" {
				t.Errorf("no reasons: %+v", got)
			}
		})
	}
}

func TestDesiredState(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Input)
		active bool
		scope  plan.Scope
		cause  directory.Cause
	}{
		{"active", func(*Input) {}, true, plan.In, ""},
		{"disabled at the source", func(in *Input) { in.Object.State, in.Object.Cause = directory.Disabled, directory.Stated }, false, plan.In, directory.Stated},
		{"stopped by an operator", func(in *Input) { in.Object.Stop = &directory.Stop{By: "olivia"} }, false, plan.In, directory.Operator},
		{"gone", func(in *Input) { in.Object.State, in.Object.Cause = directory.Gone, directory.Stated }, false, plan.Out, directory.Stated},
		{"out", func(in *Input) { in.Object.Attrs["email"] = nil }, true, plan.Out, directory.Left},
		{"out and disabled", func(in *Input) {
			in.Object.Attrs["email"] = nil
			in.Object.State, in.Object.Cause = directory.Disabled, directory.Stated
		}, false, plan.Out, directory.Left},
	}
	o := compilePeople(t, ObjectRules{From: From{If: "person.email != ''"}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := person()
			tt.change(&in)
			got, _, err := o.Desired(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Active != tt.active || got.Scope != tt.scope || got.Cause != tt.cause {
				t.Errorf("got active %v, %s, cause %q", got.Active, got.Scope, got.Cause)
			}
		})
	}
}

func TestFailingExpressionDoesNotHoldUpRemoval(t *testing.T) {
	o := compilePeople(t, ObjectRules{Attributes: Rules{"userName": {Expr: "person.username"}, "title": {Expr: "person.email.split('@')[9]"}}})
	in := person()
	in.Object.State, in.Object.Cause = directory.Gone, directory.Stated
	got, _, err := o.Desired(in, nil)
	if err == nil || !strings.Contains(err.Error(), "title: person.email.split") {
		t.Errorf("error %v", err)
	}
	if got.Scope != plan.Out || got.Attrs.First("userName") != "ada" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]attr.Path{"title"}, got.Missing); diff != "" {
		t.Error(diff)
	}
}

func TestTargetErrors(t *testing.T) {
	group := func(r ObjectRules) TargetRules { return TargetRules{Groups: &r} }
	attrs := func(expr string) TargetRules {
		return TargetRules{People: ObjectRules{Attributes: Rules{"title": {Expr: expr, At: "muster.yaml:12"}}}}
	}
	people := func(r ObjectRules) TargetRules { return TargetRules{People: r} }
	tests := []struct {
		name  string
		rules TargetRules
		want  string
	}{
		{"misspelt attribute", attrs("person.emial"), `muster.yaml:12: people.attributes.title: column 8: person has no attribute "emial"; did you mean "email"?`},
		{"unknown attribute", attrs("lower(person.shoeSize)"), `column 14: person has no attribute "shoeSize"; known: department, email, givenName, name.familyName, username`},
		{"misspelt source", attrs("source.crop.title"), `column 8: there is no source "crop"; did you mean "corp"?`},
		{"all sources", attrs("source"), "write source.<name>.<attribute>"},
		{"a whole source", attrs("source.corp"), "write source.<name>.<attribute>"},
		{"record", attrs("record.mail"), `"record" is not known here`},
		{"group in people's rules", attrs("group.name"), `"group" is not known here`},
		{"bare name", attrs("email"), `"email" is not known here; did you mean person.email?`},
		{"parts", attrs("person.name.familyName"), `person["name.familyName"]`},
		{"person in groups' rules", group(ObjectRules{Attributes: Rules{"displayName": {Expr: "person.email"}}}), `"person" is not known here`},
		{"group attribute", group(ObjectRules{Attributes: Rules{"displayName": {Expr: "group.naem"}}}), `groups.attributes.displayName: column 7: group has no attribute "naem"; did you mean "name"?`},
		{"active", people(ObjectRules{Attributes: Rules{"active": {Value: attr.Values{"true"}}}}), "whether an account is active is not mapped"},
		{"removal of people", people(ObjectRules{WhenRemoved: plan.Empty}), `"empty" is not known here; allowed: disable, delete, nothing`},
		{"removal of groups", group(ObjectRules{WhenRemoved: plan.Disable}), `"disable" is not known here; allowed: delete, empty, nothing`},
		{"provision disabled", people(ObjectRules{WhenRemoved: plan.Delete, ProvisionDisabled: true}), "set when_removed: disable"},
		{"match without a rule", people(ObjectRules{Match: []attr.Path{"username"}, Attributes: Rules{"userName": {Expr: "person.username"}}}), `no rule fills username; did you mean "userName"?`},
		{"filter", people(ObjectRules{From: From{Filter: "(cn=a", At: "muster.yaml:3"}}), "muster.yaml:3: people.from.filter: column 6: the end where ')' should close the filter"},
		{"filter by members", people(ObjectRules{From: From{Filter: "(member=cn=x)"}}), "member is not kept in records"},
		{"in chain of something else", people(ObjectRules{From: From{Filter: "(&(cn=*)(|(!(manager:1.2.840.113556.1.4.1941:=cn=x))))"}}), "is answered for memberOf only"},
		{"condition is text", people(ObjectRules{From: From{If: "person.email"}}), "people.from.if: column 7: a condition is true or false, and this gives text"},
		{"condition is misspelt", people(ObjectRules{From: From{If: "person.emali != ''"}}), `did you mean "email"?`},
		{"nested without group", people(ObjectRules{From: From{Nested: true}}), "nested needs a group"},
		{"source of the scope", people(ObjectRules{From: From{Source: "skool"}}), `there is no source "skool"; did you mean "school"?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := CompileTarget(tt.rules, known)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %v\nwant … %s", err, tt.want)
			}
		})
	}
}

func TestUnknownNamesAreNotChecked(t *testing.T) {
	target, err := CompileTarget(TargetRules{People: ObjectRules{Attributes: Rules{"a": {Expr: "person.anything + source.anywhere.cn"}}}}, Known{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := target.People().Desired(Input{Object: directory.Object{Attrs: attr.Set{"Anything": {"x"}}}}, nil)
	if err != nil || got.Attrs.First("a") != "x" {
		t.Errorf("%v, %v", got.Attrs, err)
	}
}

func TestTargetFacts(t *testing.T) {
	rules := TargetRules{
		Name: "wiki", Pilot: []string{"Ada"},
		People: ObjectRules{
			From:       From{Source: "corp", Filter: "(&(objectClass=person)(|(memberOf=cn=x)(DepartmentNumber>=5)))", If: "source.school.year != ''"},
			Attributes: Rules{"userName": {Expr: "person.username"}, "title": {Expr: "source.corp.title + source.corp.dn"}},
		},
		Groups: &ObjectRules{From: From{Filter: "(cn=wiki-*)"}, Attributes: Rules{"displayName": {Expr: "group.name"}}},
	}
	target, err := CompileTarget(rules, known)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"": {"cn"}, "corp": {"departmentnumber", "objectclass", "title"}, "school": {"year"}}
	if diff := cmp.Diff(want, target.Attributes()); diff != "" {
		t.Error(diff)
	}
	if !target.UsesMemberOf() || target.UsesAbove() {
		t.Error("uses of memberOf")
	}
	if r := target.Groups().Rules(); r.WhenRemoved != plan.Leave || len(r.Match) != 1 || r.Match[0] != "displayName" {
		t.Errorf("defaults of groups: %+v", r)
	}
	if target.Of(directory.Group) != target.Groups() || target.Of(directory.Person) != target.People() {
		t.Error("Of")
	}
	if !target.InPilot(person().Object) || target.InPilot(directory.Object{Kind: directory.Group, Attrs: attr.Set{"name": {"ada"}}}) {
		t.Error("pilot")
	}
	rules.People.WhenRemoved, rules.People.Match = plan.Disable, []attr.Path{"userName"}
	explicit, err := CompileTarget(rules, known)
	if err != nil || explicit.Digest() != target.Digest() {
		t.Errorf("a default written out changes the digest: %v", err)
	}
	rules.People.From.Nested, rules.People.From.Group = true, "x"
	if other, err := CompileTarget(rules, known); err != nil || other.Digest() == target.Digest() {
		t.Errorf("a changed scope does not change the digest: %v", err)
	}
}

func TestUsesOfMemberOf(t *testing.T) {
	tests := []struct {
		from          From
		member, above bool
	}{
		{From{}, false, false},
		{From{Group: "x", Nested: true}, false, false},
		{From{Filter: "(memberOf=cn=x)"}, true, false},
		{From{Filter: "(memberOf:1.2.840.113556.1.4.1941:=cn=x)"}, true, true},
		{From{If: "'cn=x' in source.corp.all.memberOf"}, true, false},
	}
	for _, tt := range tests {
		target, err := CompileTarget(TargetRules{Groups: &ObjectRules{From: tt.from}}, known)
		if err != nil {
			t.Fatal(err)
		}
		if target.UsesMemberOf() != tt.member || target.UsesAbove() != tt.above {
			t.Errorf("%+v: %v, %v", tt.from, target.UsesMemberOf(), target.UsesAbove())
		}
	}
}

func TestNames(t *testing.T) {
	o := compilePeople(t, ObjectRules{
		Match: []attr.Path{"externalId", "userName"},
		Attributes: Rules{
			"userName": {Expr: "person.username"}, "externalId": {Expr: "person.username"}, "title": {Expr: "person.email"}, "email": {Expr: "person.email"},
			`emails[type eq "home"].value`: {Expr: "person.email"}, "emailsPreference": {Expr: "person.email"},
		},
	})
	got, _, err := o.Desired(person(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]attr.Path{"email", `emails[type eq "home"].value`, "externalId", "userName"}, got.Policy.Names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]attr.Path{"externalId", "userName"}, got.Match); diff != "" {
		t.Error(diff)
	}
}

// TestRecordsThatSpeak: values come from the records that are live, and from the last known ones only when none is.
func TestRecordsThatSpeak(t *testing.T) {
	record := func(source, key, title string, s directory.Status) directory.Record {
		return directory.Record{Source: source, Key: key, Status: s, Attrs: attr.Set{"title": {title}}}
	}
	tests := []struct {
		name    string
		records []directory.Record
		want    string
	}{
		{"none", nil, ""},
		{"present", []directory.Record{record("corp", "1", "a", directory.Present)}, "a"},
		{"absent", []directory.Record{record("corp", "1", "a", directory.Absent)}, "a"},
		{"present before absent", []directory.Record{record("corp", "1", "a", directory.Absent), record("corp", "2", "b", directory.Present)}, "b"},
		{"by key", []directory.Record{record("corp", "2", "b", directory.Present), record("corp", "1", "a", directory.Present)}, "a"},
		{"removed from one of two sources", []directory.Record{record("corp", "1", "a", directory.Removed), record("school", "1", "b", directory.Present)}, ""},
		{"gone everywhere", []directory.Record{record("corp", "1", "a", directory.Removed), record("school", "1", "b", directory.Outside)}, "a"},
	}
	o := compilePeople(t, ObjectRules{Attributes: Rules{"title": {Expr: "source.corp.title"}}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := o.Desired(Input{Records: tt.records}, nil)
			if err != nil || got.Attrs.First("title") != tt.want {
				t.Errorf("got %q, %v", got.Attrs.First("title"), err)
			}
		})
	}
}
