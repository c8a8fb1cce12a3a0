package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
)

func TestReferenceRules(t *testing.T) {
	refs := known
	refs.References = []string{"manager", "assistant"}
	for name, tt := range map[string]struct {
		rules  TargetRules
		refuse string // "" = nothing
	}{
		"good":           {TargetRules{People: ObjectRules{Attributes: Rules{"manager": {Reference: "Manager"}}}}, ""},
		"of no source":   {TargetRules{People: ObjectRules{Attributes: Rules{"manager": {Reference: "managr"}}}}, `no source says that managr refers to people; did you mean "manager"?`},
		"with an expr":   {TargetRules{People: ObjectRules{Attributes: Rules{"manager": {Reference: "manager", Expr: "person.email"}}}}, "a reference stands alone"},
		"with a default": {TargetRules{People: ObjectRules{Attributes: Rules{"manager": {Reference: "manager", Default: attr.Values{"x"}}}}}, "a reference stands alone"},
		"create-only":    {TargetRules{People: ObjectRules{Attributes: Rules{"manager": {Reference: "manager", Once: true}}}}, "neither create-only nor required"},
		"in rules of groups": {TargetRules{
			People: ObjectRules{Attributes: Rules{"userName": {Expr: "person.username"}}},
			Groups: &ObjectRules{Attributes: Rules{"owner": {Reference: "manager"}}},
		}, "for the people of a target"},
	} {
		_, err := CompileTarget(tt.rules, refs)
		if tt.refuse == "" && err != nil || tt.refuse != "" && (err == nil || !strings.Contains(err.Error(), tt.refuse)) {
			t.Errorf("%s: %v, want %q", name, err, tt.refuse)
		}
	}
	if _, err := CompileSource(SourceRules{Name: "corp", People: Rules{"manager": {Reference: "manager"}}}); err == nil {
		t.Error("a reference in the rules of a source is taken")
	}
}

// Of the records that count, the first that leads to somebody says who it is; a record that is gone says nothing.
func TestReferences(t *testing.T) {
	target, err := CompileTarget(TargetRules{Name: "wiki", People: ObjectRules{Attributes: Rules{"manager": {Reference: "manager"}}}}, Known{})
	if err != nil {
		t.Fatal(err)
	}
	o := target.People()
	record := func(source string, status directory.Status, dn string) directory.Record {
		r := directory.Record{Source: source, Key: "k", Status: status, Attrs: attr.Set{}}
		if dn != "" {
			r.Attrs["manager"] = attr.Values{dn}
		}
		return r
	}
	refer := func(source string, to directory.ID) directory.Reference {
		return directory.Reference{Source: source, Key: "k", Name: "manager", To: "x", Person: to}
	}
	in := person()
	for name, tt := range map[string]struct {
		records []directory.Record
		refers  []directory.Reference
		to      directory.ID
		note    string
	}{
		"one":             {[]directory.Record{record("corp", directory.Present, "cn=b")}, []directory.Reference{refer("corp", "b")}, "b", ""},
		"nobody":          {[]directory.Record{record("corp", directory.Present, "")}, nil, "", ""},
		"nobody of ours":  {[]directory.Record{record("corp", directory.Present, "cn=b")}, nil, "", "manager of corp names cn=b, who is nobody of ours"},
		"not yet known":   {[]directory.Record{record("corp", directory.Present, "cn=b")}, []directory.Reference{refer("corp", "")}, "", "manager of corp names cn=b, who is nobody of ours"},
		"a second source": {[]directory.Record{record("corp", directory.Present, "cn=b"), record("hr", directory.Present, "")}, []directory.Reference{refer("hr", "h")}, "h", ""},
		"the first":       {[]directory.Record{record("hr", directory.Present, ""), record("corp", directory.Present, "")}, []directory.Reference{refer("hr", "h"), refer("corp", "b")}, "b", ""},
		"a source that let them go": {
			[]directory.Record{record("corp", directory.Removed, ""), record("hr", directory.Present, "")},
			[]directory.Reference{refer("hr", "h"), refer("corp", "b")},
			"h", "",
		},
	} {
		in.Records, in.Refers = tt.records, tt.refers
		d, traces, err := o.Desired(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]plan.Ref{{Path: "manager", To: tt.to}}, d.Refs); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if traces[0].Note != tt.note || len(d.Attrs) > 0 {
			t.Errorf("%s: note %q, attributes %v", name, traces[0].Note, d.Attrs)
		}
	}
	if got := target.Attributes()[""]; !cmp.Equal(got, []string{"manager"}) {
		t.Errorf("asked of the servers: %q", got)
	}
}
