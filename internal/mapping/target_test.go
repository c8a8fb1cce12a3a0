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
