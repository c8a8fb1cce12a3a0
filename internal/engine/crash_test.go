package engine_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/source"
)

// torture reports whether the long counts are asked for.
func torture() bool { return os.Getenv("MUSTER_TORTURE") != "" }

// wanted is what the sandbox should hold, computed from the directory alone: whoever is in the scope group and not disabled has an active account, and is a
// member of the groups in scope. Closed accounts may be members still.
type wanted struct {
	Active map[string]string              // username → mail
	Groups map[string]map[string]struct{} // name → usernames of active members
}

func (w *world) wanted() wanted {
	out := wanted{map[string]string{}, map[string]map[string]struct{}{}}
	for _, key := range w.corp.member["g-wiki"] {
		r, ok := w.corp.people[key]
		if ok && !r.Disabled && w.corp.moved[key] == "" {
			out.Active[r.Attrs.First("uid")] = r.Attrs.First("mail")
		}
	}
	for key, g := range w.corp.groups {
		name := g.Attrs.First("cn")
		if !strings.HasPrefix(name, "wiki") {
			continue
		}
		out.Groups[name] = map[string]struct{}{}
		for _, m := range w.corp.member[key] {
			if uid := w.corp.people[m].Attrs.First("uid"); out.Active[uid] != "" {
				out.Groups[name][uid] = struct{}{}
			}
		}
	}
	return out
}

// held is what the sandbox holds, strangers left out.
func (w *world) held(strangers ...string) wanted {
	out := wanted{map[string]string{}, map[string]map[string]struct{}{}}
	snap := w.target.Snapshot()
	name := map[string]string{}
	for _, u := range snap.Users {
		if u.Active && !slices.Contains(strangers, u.UserName) {
			name[u.ID] = u.UserName
			out.Active[u.UserName] = mailOf(u.Resource)
		}
	}
	for _, g := range snap.Groups {
		out.Groups[g.DisplayName] = map[string]struct{}{}
		for _, id := range g.Members {
			if n := name[id]; n != "" {
				out.Groups[g.DisplayName][n] = struct{}{}
			}
		}
	}
	return out
}

func mailOf(r scim.Resource) string {
	mails, _ := r.Get("emails").([]any)
	for _, m := range mails {
		if v, ok := m.(map[string]any)["value"].(string); ok {
			return v
		}
	}
	return ""
}

// once fails if a person has two accounts: everybody's display name is their own, and never changes.
func (w *world) once() {
	w.t.Helper()
	seen := map[string]bool{}
	for _, u := range w.target.Snapshot().Users {
		name := u.Resource.Text("displayName")
		if name != "" && seen[name] {
			w.t.Errorf("%s has two accounts", name)
		}
		seen[name] = true
	}
	if err := w.target.Invariants(); err != nil {
		w.t.Error(err)
	}
}

// settles expects that the target is what it should be within two rounds, and that nothing is written then.
func (w *world) settles(strangers ...string) {
	w.t.Helper()
	for range 2 {
		w.now = w.now.Add(7 * time.Hour)
		w.read(run.Done)
		if _, err := w.Follow(w.t.Context(), "wiki", ""); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Sync(w.t.Context(), "wiki", ""); err != nil {
			w.t.Fatal(err)
		}
	}
	w.once()
	if diff := cmp.Diff(w.wanted(), w.held(strangers...)); diff != "" {
		w.t.Errorf("what the target holds (-want +got):\n%s", diff)
	}
	w.managers()
	writes := len(w.target.Writes())
	r, err := w.Sync(w.t.Context(), "wiki", "")
	if err != nil {
		w.t.Fatal(err)
	}
	if more := w.target.Writes()[writes:]; len(more) > 0 || r.Outcome != run.Done {
		w.t.Errorf("a comparison of what is in step ended %s %v and wrote %+v", r.Outcome, r.Counts, more)
	}
	if p := w.preview(); p.People != 0 {
		w.t.Errorf("the plan is not empty: %v", w.lines(p.ID))
	}
}

// untouched expects that nobody of names was ever disabled.
func (w *world) untouched(names ...string) {
	w.t.Helper()
	for _, write := range w.target.Writes() {
		off := strings.Contains(write.Body, `"value":false`) || strings.Contains(write.Body, `"active":false`) || write.Method == "DELETE"
		if off && slices.Contains(names, write.Name) {
			w.t.Errorf("%s was taken away: %+v", write.Name, write)
		}
	}
}

// company fills the directory and the sandbox: people to create, to adopt, to disable, and strangers.
func company(w *world) {
	for _, name := range []string{"ada", "bob", "cleo", "dan", "eve", "fay"} {
		w.corp.person(name, "wiki")
	}
	w.corp.group("wiki-old")
	w.corp.group("wiki-team")
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.corp.member["g-wiki-old"] = append(w.corp.member["g-wiki-old"], source.Key("p-"+name))
		w.corp.member["g-wiki-team"] = append(w.corp.member["g-wiki-team"], source.Key("p-"+name))
	}
	_, err := w.target.Seed([]scim.Resource{
		{"userName": "ADA", "active": true, "displayName": "wrong"},
		{"userName": "fay", "active": true},
		{"userName": "stranger", "active": true},
		{"userName": "gus", "active": true},
	}, []scim.Resource{{"displayName": "wiki-team", "members": []any{map[string]any{"value": "stranger"}, map[string]any{"value": "fay"}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.corp.change("fay", func(r *source.Record) { r.Disabled = true })
}

// reorganise changes everything that can change.
func reorganise(c *corp) {
	c.person("gus", "wiki", "wiki-team") // has an account there already
	c.person("hal", "wiki", "wiki-team")
	c.person("ida", "wiki")
	c.change("ida", func(r *source.Record) { r.Disabled = true }) // never had an account
	c.change("bob", func(r *source.Record) { r.Disabled = true })
	c.change("fay", func(r *source.Record) { r.Disabled = false })
	c.change("cleo", func(r *source.Record) { r.Attrs["mail"] = []string{"cleo.new@example.com"} })
	c.leave("dan", "wiki")
	c.leave("ada", "wiki-team")
	c.group("wiki-new")
	c.member["g-wiki-new"] = []source.Key{"p-ada", "p-hal", "p-eve", "p-bob"}
	delete(c.groups, "g-wiki-old")
	delete(c.member, "g-wiki-old")
	c.deleted = append(c.deleted, "g-wiki-old")
	c.groups["g-wiki-team"] = func() source.Record {
		g := c.groups["g-wiki-team"]
		g.Attrs = g.Attrs.Clone()
		g.Attrs["cn"] = []string{"wiki-crew"}
		return g
	}()
}

// stages are what is interrupted: each readies a world, and returns what then runs under the knife.
var stages = map[string]func(*world) func(){
	"first plan": func(w *world) func() {
		company(w)
		return func() {
			ctx := w.t.Context()
			w.start()
			if _, err := w.Read(ctx, "corp", ""); err != nil {
				return
			}
			p, err := w.Preview(ctx, "wiki")
			if err != nil {
				return
			}
			if _, err := w.Approve(ctx, engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
				return
			}
			_, _ = w.Sync(ctx, "wiki", "")
		}
	},
	"changes": func(w *world) func() {
		company(w)
		w.live()
		reorganise(w.corp)
		return func() {
			w.start()
			if _, err := w.Read(w.t.Context(), "corp", ""); err == nil {
				_, _ = w.Follow(w.t.Context(), "wiki", "")
			}
		}
	},
	"comparison": func(w *world) func() {
		company(w)
		w.live()
		reorganise(w.corp)
		w.read(run.Done)
		return func() {
			w.start()
			_, _ = w.Sync(w.t.Context(), "wiki", "")
		}
	},
}

func TestCrashAtEveryStep(t *testing.T) {
	for _, stage := range []string{"first plan", "changes", "comparison"} {
		all := crash(t, stage, 0, false)
		if all < 20 {
			t.Fatalf("%s takes %d steps only", stage, all)
		}
		stride := max(1, all/7)
		if torture() {
			stride = 1
		}
		for at := 1; at <= all; at += stride {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d/after=%t", stage, at, after), func(t *testing.T) {
					t.Parallel()
					crash(t, stage, at, after)
				})
			}
		}
	}
}

// crash plays a stage, ends it at a step, and expects that a new process gets everything right. It returns how many steps the stage took.
func crash(t *testing.T, stage string, at int, after bool) int {
	w := newWorld(t)
	play := stages[stage](w)
	k := &knife{at: at, after: after}
	w.knife = k
	play()
	w.knife = nil
	w.start()
	w.read(run.Done)
	if approved, _ := w.Active("wiki"); !approved {
		p := w.preview()
		if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
			t.Fatal(err)
		}
	}
	w.settles("stranger", strangersOf(stage))
	w.untouched("stranger", "ada", "ADA", "cleo", "eve")
	return k.steps
}

// strangersOf returns who is nobody of ours in a stage.
func strangersOf(stage string) string {
	if stage == "first plan" {
		return "gus"
	}
	return "stranger"
}
