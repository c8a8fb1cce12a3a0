package engine_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/source"
)

// P1, X11: before going live, the five lists tell what is there already: who is linked, made, asked about, active there and disabled or gone here, and
// unknown here. Nothing is written.
func TestFiveLists(t *testing.T) {
	w := rivals(t)
	w.rules.People.Match = w.rules.People.Match[:1]
	w.corp.person("ada", "wiki")  // matches: linked
	w.corp.person("bob", "wiki")  // has none: made
	w.corp.person("cleo", "wiki") // hers is disabled there: asked
	w.corp.person("dan", "wiki")  // disabled here and in scope: would be linked and closed
	w.corp.person("eve")          // disabled here and not in scope: left alone, and shown
	w.corp.person("fay")          // active here and not in scope: her account is nobody's business
	w.corp.person("gus")          // disabled here and there: nothing to say
	for _, name := range []string{"ada", "dan", "eve", "fay", "stranger"} {
		w.seed(account(name, name+"@example.com", name))
	}
	for _, name := range []string{"cleo", "gus"} {
		off := account(name, name+"@example.com", name)
		off["active"] = false
		w.seed(off)
	}
	for _, name := range []string{"dan", "eve", "gus"} {
		w.corp.change(name, func(r *source.Record) { r.Disabled = true })
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	report, _ := p.Report()
	report.Digest = ""
	want := run.Report{Accounts: 7, Link: 2, Create: 1, Update: 1, Close: 2, Ask: 1, Unknown: 3}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	got := map[string][]string{}
	err := w.store.View(t.Context(), func(v directory.Reader) error {
		for _, list := range []string{run.ListLink, run.ListCreate, run.ListAsk, run.ListClose} {
			lines, err := run.Of(v).FindLines(t.Context(), p.ID, run.LineFilter{Acts: run.Lists(list), Kind: connector.User}, -1, 10)
			if err != nil {
				return err
			}
			for _, l := range lines {
				got[list] = append(got[list], l.Name)
			}
		}
		strays, err := link.Of(v).Strays(t.Context(), link.StrayQuery{Target: "wiki", Kind: connector.User, Plan: p.ID}, "", 10)
		for _, o := range strays {
			got[run.ListUnknown] = append(got[run.ListUnknown], o.Attrs.First("userName"))
		}
		slices.Sort(got[run.ListUnknown])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string][]string{"link": {"ada", "dan"}, "create": {"bob"}, "ask": {"cleo"}, "close": {"dan", "eve"}, "unknown": {"fay", "gus", "stranger"}}
	if diff := cmp.Diff(lists, got); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
	if n := len(w.target.Writes()); n != 0 {
		t.Errorf("%d writes for a report", n)
	}
}
