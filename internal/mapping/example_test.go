package mapping_test

import (
	"fmt"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
)

var record = directory.Record{
	Source: "corp", Kind: directory.Person, Name: "CN=Zoë Müller,OU=Sales,DC=example,DC=com", Status: directory.Present,
	Attrs: attr.Set{
		"samaccountname": {"ZMueller"}, "givenname": {"Zoë"}, "sn": {"Müller"}, "telephonenumber": {"+49 (30) 123"}, "title": {""},
		"proxyaddresses": {"SMTP:zoe@example.com", "smtp:z.m@example.com"},
	},
}

func ExampleCompileSource() {
	source, err := mapping.CompileSource(mapping.SourceRules{
		Name: "corp",
		People: mapping.Rules{
			"username": {Expr: "lower(record.sAMAccountName)"},
			"name":     {Expr: "record.givenName + ' ' + record.sn"},
			"email":    {Expr: "record.all.proxyAddresses.filter(a, a.startsWith('SMTP:')).map(a, a.substring(5))"},
			"login":    {Expr: "lower(ascii(record.givenName + '.' + record.sn))"},
			"phone":    {Expr: "'+' + digits(record.telephoneNumber)"},
			"title":    {Expr: "record.title", Default: attr.Values{"-"}},
			"unit":     {Expr: "record.dn.split(',')[1].substring(3)"},
			"company":  {Value: attr.Values{"Example"}},
			"nickname": {Expr: "record.nickname"},
			"room":     {Expr: "has(record.room) ? record.room : null"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	person, err := source.Map(record)
	for _, path := range person.Paths() {
		fmt.Printf("%s: %q\n", path, person[path])
	}
	fmt.Println(err)
	// Output:
	// company: ["Example"]
	// email: ["zoe@example.com"]
	// login: ["zoe.mueller"]
	// name: ["Zoë Müller"]
	// nickname: []
	// phone: ["+4930123"]
	// title: ["-"]
	// unit: ["Sales"]
	// username: ["zmueller"]
	// <nil>
}

func ExampleCompileTarget_mistakes() {
	_, err := mapping.CompileTarget(mapping.TargetRules{
		Name: "wiki",
		People: mapping.ObjectRules{
			From: mapping.From{If: "source.crop.title != ''", At: "muster.yaml:10"},
			Attributes: mapping.Rules{
				"userName":    {Expr: "person.usrename", At: "muster.yaml:12"},
				"displayName": {Expr: "lower(source.corp.all.cn)", At: "muster.yaml:13"},
				"title":       {Expr: "person.title +", At: "muster.yaml:14"},
			},
		},
	}, mapping.Known{Person: []attr.Path{"username", "email", "title"}, Sources: []string{"corp", "school"}})
	fmt.Println(err)
	// Output:
	// muster.yaml:13: people.attributes.displayName: column 6: found no matching overload for 'lower' applied to '(list(string))'; that is a list; for each of its values write .map(v, …)
	// muster.yaml:14: people.attributes.title: column 15: syntax: mismatched input 'the end of the expression'
	// muster.yaml:12: people.attributes.userName: column 8: person has no attribute "usrename"; did you mean "username"?
	// muster.yaml:10: people.from.if: column 8: there is no source "crop"; did you mean "corp"?
}

func ExampleObjects_Scope() {
	target, err := mapping.CompileTarget(mapping.TargetRules{
		Name: "wiki",
		People: mapping.ObjectRules{From: mapping.From{
			Group: "CN=Wiki,OU=Groups,DC=example,DC=com", Nested: true,
			Filter: "(!(title=intern))",
			If:     "source.corp.dn.endsWith('DC=example,DC=com')",
		}},
	}, mapping.Known{})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := mapping.Input{
		Object:  directory.Object{Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"zmueller"}}},
		Records: []directory.Record{record},
	}
	for _, in.InGroup = range []plan.Scope{plan.In, plan.Out, plan.Unknown} {
		verdict := target.People().Scope(in)
		fmt.Printf("%s %s: %s\n", verdict.Scope, verdict.Cause, verdict.Reason)
	}
	for _, step := range target.People().Scope(in).Steps {
		fmt.Printf("  %-6s %s\n", step.Rule, step.Result)
	}
	// Output:
	// in : is a member of CN=Wiki,OU=Groups,DC=example,DC=com (directly or through a group), the filter (!(title=intern)) matches CN=Zoë Müller,OU=Sales,DC=example,DC=com, the condition source.corp.dn.endsWith('DC=example,DC=com') is true
	// out left: is not a member of CN=Wiki,OU=Groups,DC=example,DC=com (directly or through a group)
	// unknown : the group CN=Wiki,OU=Groups,DC=example,DC=com is not known, so nobody enters or leaves
	//   group  unknown
	//   filter in
	//   if     in
}

func ExampleObjects_Desired() {
	target, err := mapping.CompileTarget(mapping.TargetRules{
		Name: "wiki",
		People: mapping.ObjectRules{
			Create: true, Update: true,
			Attributes: mapping.Rules{
				"userName":                     {Expr: "person.username"},
				`emails[type eq "work"].value`: {Expr: "person.email"},
				"title":                        {Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true},
				"userType":                     {Value: attr.Values{"Employee"}},
			},
		},
	}, mapping.Known{})
	if err != nil {
		fmt.Println(err)
		return
	}
	want, traces, err := target.People().Desired(mapping.Input{
		Object:  directory.Object{Kind: directory.Person, State: directory.Active, Attrs: attr.Set{"username": {"zmueller"}, "email": {"zoe@example.com"}}},
		Records: []directory.Record{record},
	}, []attr.Path{"userName", "displayName"})
	fmt.Println(want.Scope, want.Active, want.Attrs, want.Once, err)
	fmt.Println("match by", want.Match, "missing", want.Missing)
	for _, t := range traces {
		how := t.Expr
		if t.Expr != "" && t.Note != "" {
			how += ", "
		}
		fmt.Printf("%s: %s = %q\n", t.Path, how+t.Note, t.Values)
	}
	// Output:
	// in true map[emails[type eq "work"].value:[zoe@example.com] userName:[zmueller] userType:[Employee]] map[title:[-]] <nil>
	// match by [userName] missing [displayName]
	// emails[type eq "work"].value: person.email = ["zoe@example.com"]
	// title: source.corp.title, default = ["-"]
	// userName: person.username = ["zmueller"]
	// userType: constant = ["Employee"]
}
