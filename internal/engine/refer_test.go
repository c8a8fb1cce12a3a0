package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

const managerPath attr.Path = scim.EnterpriseURN + ":manager.value"

// managed has the target keep everybody's manager.
func (w *world) managed() *world {
	w.corp.manager = map[source.Key]source.Key{}
	w.rules.People.Attributes[managerPath] = mapping.Rule{Reference: source.Manager}
	return w
}

// reports makes boss the manager of name; "" = nobody.
func (c *corp) reports(name, boss string) {
	c.manager[source.Key("p-"+name)] = source.Key("p-" + boss)
	c.change(name, func(r *source.Record) { r.Attrs["manager"] = []string{"uid=" + boss + ",dc=corp"} })
	if boss == "" {
		delete(c.manager, source.Key("p-"+name))
		c.change(name, func(r *source.Record) { delete(r.Attrs, "manager") })
	}
}

// refers states whom the people among records report to.
func (c *corp) refers(records []source.Record) []source.Reference {
	var out []source.Reference
	for _, r := range records {
		if r.Kind != source.Person || c.manager == nil {
			continue
		}
		f := source.Reference{Of: r.Key, Name: source.Manager}
		if boss := c.manager[r.Key]; boss != "" {
			f.To = []source.Key{boss}
		}
		out = append(out, f)
	}
	return out
}

// bosses returns who reports to whom in the sandbox, by name; "?" is an account that is not there.
func (w *world) bosses() map[string]string {
	out, names := map[string]string{}, map[string]string{}
	users := w.target.Snapshot().Users
	for _, u := range users {
		names[u.ID] = u.UserName
	}
	for _, u := range users {
		set := scim.Attrs(u.Resource)
		id := set.First(managerPath)
		if id == "" {
			id = set.First(scim.EnterpriseURN + ":manager.managerId")
		}
		if id == "" {
			continue
		}
		if out[u.UserName] = names[id]; names[id] == "" {
			out[u.UserName] = "?" + id
		}
	}
	return out
}

func (w *world) areBosses(when string, want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.bosses()); diff != "" {
		w.t.Errorf("%s: who reports to whom there (-want +got):\n%s", when, diff)
	}
}

// managers expects that everybody with an open account refers to their manager's open account, and to nobody else.
func (w *world) managers() {
	w.t.Helper()
	if w.corp.manager == nil {
		return
	}
	account, open := map[source.Key]string{}, map[string]bool{}
	for key, r := range w.corp.people {
		account[key] = strings.ToLower(r.Attrs.First("uid"))
	}
	for name, active := range w.accounts() {
		open[strings.ToLower(name)] = active
	}
	got := w.bosses()
	for key, name := range account {
		boss := account[w.corp.manager[key]]
		if !open[boss] {
			boss = ""
		}
		if open[name] && got[name] != boss {
			w.t.Errorf("%s reports to %q there, want %q", name, got[name], boss)
		}
	}
}

// P2, P5, P10: a manager is the account of the person whom the source names, whoever of the two comes first, and follows it.
func TestManagers(t *testing.T) {
	w := newWorld(t).managed()
	for _, name := range []string{"ada", "ben", "cem", "zoe"} {
		w.corp.person(name, "wiki")
	}
	w.corp.person("out") // known, and not in scope
	w.corp.reports("ada", "zoe")
	w.corp.reports("ben", "zoe")
	w.corp.reports("zoe", "cem")
	w.corp.reports("cem", "out")
	w.live()
	w.follows()
	w.areBosses("at first", map[string]string{"ada": "zoe", "ben": "zoe", "zoe": "cem"})
	if n := w.target.Count("PATCH", scimtest.Users); n > 1 {
		t.Errorf("%d updates after the creates, want at most that of zoe: whom others refer to is created first", n)
	}

	serve := func(when string, want map[string]string, most int) {
		t.Helper()
		w.read(run.Done)
		before := len(w.target.Writes())
		w.follows() // what was looked for is there
		w.follows() // and who refers to it is in the feed
		w.areBosses(when, want)
		if n := len(w.target.Writes()) - before; n > most {
			t.Errorf("%s: %d writes, want at most %d: %+v", when, n, most, w.target.Writes()[before:])
		}
		before = len(w.target.Writes())
		w.sync(run.Done)
		if n := len(w.target.Writes()) - before; n != 0 {
			t.Errorf("%s: the comparison wrote %d times: %+v", when, n, w.target.Writes()[before:])
		}
	}
	serve("nothing new", map[string]string{"ada": "zoe", "ben": "zoe", "zoe": "cem"}, 0)
	w.corp.reports("ben", "cem")
	serve("another manager", map[string]string{"ada": "zoe", "ben": "cem", "zoe": "cem"}, 1)
	w.corp.reports("ben", "")
	serve("no manager", map[string]string{"ada": "zoe", "zoe": "cem"}, 1)
	w.corp.member["g-wiki"] = append(w.corp.member["g-wiki"], "p-out")
	serve("a manager enters the scope", map[string]string{"ada": "zoe", "zoe": "cem", "cem": "out"}, 3) // with the membership
	w.corp.reports("ben", "late")
	serve("a manager whom nobody has read yet", map[string]string{"ada": "zoe", "zoe": "cem", "cem": "out"}, 0)
	w.corp.person("late", "wiki")
	serve("a late manager", map[string]string{"ada": "zoe", "ben": "late", "zoe": "cem", "cem": "out"}, 3)
	w.corp.change("zoe", func(r *source.Record) { r.Attrs["cn"] = []string{"Zoe"} })
	serve("a value of a manager", map[string]string{"ada": "zoe", "ben": "late", "zoe": "cem", "cem": "out"}, 1)
	w.corp.change("zoe", func(r *source.Record) { r.Disabled = true })
	serve("a manager is closed", map[string]string{"ben": "late", "zoe": "cem", "cem": "out"}, 2)
	w.corp.change("zoe", func(r *source.Record) { r.Disabled = false })
	serve("and is back", map[string]string{"ada": "zoe", "ben": "late", "zoe": "cem", "cem": "out"}, 2)
}

// P1, X1: accounts that are there keep the manager that they have while the manager's account is being linked; the plan names the manager, and approving it
// is enough.
func TestManagersOfAccountsThatAreThere(t *testing.T) {
	w := newWorld(t).managed()
	for _, name := range []string{"ada", "ben", "boss"} {
		w.corp.person(name, "wiki")
	}
	w.corp.reports("ada", "boss")
	w.corp.reports("ben", "boss")
	ids, err := w.target.Seed([]scim.Resource{{"userName": "boss", "active": true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.target.Seed([]scim.Resource{
		{"userName": "ada", "active": true, scim.EnterpriseURN: map[string]any{"manager": map[string]any{"value": ids[0]}}},
		{"userName": "ben", "active": true, scim.EnterpriseURN: map[string]any{"manager": map[string]any{"value": "9999"}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	if got := w.lines(p.ID); !slices.Contains(got, "refer ada") || !slices.Contains(got, "refer ben") {
		t.Errorf("the plan has %v, want a line about each manager", got)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
		t.Fatal(err)
	}
	w.sync(run.Done)
	w.follows()
	w.areBosses("after approval", map[string]string{"ada": "boss", "ben": "boss"})
	for _, write := range w.target.Writes() {
		if write.Name == "ada" && strings.Contains(write.Body, "manager") {
			t.Errorf("ada's manager was right already, and was written: %s", write.Body)
		}
	}
	if left := w.holds(); len(left) != 0 {
		t.Errorf("holds %+v, want none: the managers were part of the plan", left)
	}
}

// X1: a rejected reference stays out, and the person goes in without it.
func TestRejectedManager(t *testing.T) {
	w := newWorld(t).managed()
	w.corp.person("ada", "wiki")
	w.corp.person("boss", "wiki")
	w.corp.reports("ada", "boss")
	w.start()
	w.read(run.Done)
	p := w.preview()
	refer := engine.Decision{Plan: p.ID, By: "olivia", Select: run.LineFilter{Acts: []string{string(plan.Refer)}}}
	if _, err := w.Reject(t.Context(), refer); err != nil {
		t.Fatal(err)
	}
	err := w.store.View(t.Context(), func(v directory.Reader) (err error) { p, err = run.Of(v).Plan(t.Context(), p.ID); return err })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
		t.Fatal(err)
	}
	w.sync(run.Done)
	w.follows()
	if got := w.accounts(); !got["ada"] || !got["boss"] {
		t.Errorf("accounts %v", got)
	}
	w.areBosses("after the rejection", map[string]string{})
}

// P11: each dialect takes a manager in its own form.
func TestManagersInDialects(t *testing.T) {
	for _, dialect := range []string{"slack", "aws"} {
		t.Run(dialect, func(t *testing.T) {
			w := speaking(t, dialect, scimtest.Config{}).managed()
			w.corp.person("ada", "wiki")
			w.corp.person("boss", "wiki")
			w.corp.reports("ada", "boss")
			w.live()
			w.follows()
			w.areBosses("at first", map[string]string{"ada": "boss"})
			w.corp.change("boss", func(r *source.Record) { r.Disabled = true })
			w.read(run.Done)
			w.follows()
			w.follows()
			w.areBosses("the manager is closed", map[string]string{})
		})
	}
}

// X3: why says whom a reference leads to, and why it is empty.
func TestWhyOfAManager(t *testing.T) {
	w := newWorld(t).managed()
	w.corp.person("ada", "wiki")
	w.corp.person("ben", "wiki")
	w.corp.person("out")
	w.corp.reports("ada", "out")
	w.corp.reports("ben", "nowhere")
	w.live()
	explain := func(name string) engine.Explanation {
		t.Helper()
		var id directory.ID
		if err := w.store.View(t.Context(), func(v directory.Reader) error { id = w.id(v, name); return nil }); err != nil {
			t.Fatal(err)
		}
		x, err := w.Explain(t.Context(), "wiki", id)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if r := explain("ada").Want.Refs; len(r) != 1 || r[0].Name != "out" || r[0].Account != "" || r[0].Pending || !strings.Contains(r[0].Why, "is not a member") {
		t.Errorf("ada's reference: %+v, want the reason why out has no account", r)
	}
	note := ""
	for _, tr := range explain("ben").Traces {
		if tr.Path == managerPath {
			note = tr.Note
		}
	}
	if !strings.Contains(note, "uid=nowhere,dc=corp") || !strings.Contains(note, "nobody") {
		t.Errorf("the note on ben's manager is %q", note)
	}
	w.corp.member["g-wiki"] = append(w.corp.member["g-wiki"], "p-out")
	w.read(run.Done)
	w.follows()
	if r := explain("ada").Want.Refs; len(r) != 1 || r[0].Account == "" {
		t.Errorf("ada's reference: %+v, want the account of out", r)
	}
}

// X1: what was paired by hand, and what drifted, carries references, too: the journal's before-image holds the account that was there.
func TestManagerChangedByHand(t *testing.T) {
	w := newWorld(t).managed()
	w.corp.person("ada", "wiki")
	w.corp.person("boss", "wiki")
	w.corp.reports("ada", "boss")
	w.live()
	w.follows()
	ada := w.linkOf("ada").Remote
	w.send("PATCH", "/Users/"+string(ada), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"`+scim.EnterpriseURN+`:manager"}]}`)
	w.areBosses("by hand", map[string]string{})
	w.now = w.now.Add(time.Minute)
	w.sync(run.Done)
	w.areBosses("after the comparison", map[string]string{"ada": "boss"})
	var last []link.Entry
	err := w.store.View(t.Context(), func(v directory.Reader) (err error) {
		last, err = link.Of(v).Journal(t.Context(), link.Query{Target: "wiki", Object: w.id(v, "ada"), Limit: 1})
		return err
	})
	if err != nil || len(last) != 1 || last[0].Verb != connector.Update || last[0].Want.First(managerPath) != string(w.linkOf("boss").Remote) {
		t.Errorf("the journal ends with %+v, %v", last, err)
	}
}

// Drift: where changes made by hand are only reported, one of a manager is, too.
func TestManagerChangedByHandIsReported(t *testing.T) {
	w := newWorld(t).managed()
	w.rules.Drift = mapping.Report
	w.corp.person("ada", "wiki")
	w.corp.person("boss", "wiki")
	w.corp.reports("ada", "boss")
	w.live()
	w.follows()
	w.send("PATCH", "/Users/"+string(w.linkOf("ada").Remote), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"`+scim.EnterpriseURN+`:manager"}]}`)
	w.now = w.now.Add(time.Minute)
	r := w.sync(run.Done)
	w.areBosses("after the comparison", map[string]string{})
	if r.Counts["drift"] != 1 {
		t.Errorf("the comparison counts %v, want one change made by hand", r.Counts)
	}
}
