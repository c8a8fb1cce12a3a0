package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
)

// A fixed connector is of a target that cannot rename groups.
type fixed struct {
	whole
	t *testing.T
}

type whole interface {
	connector.Connector
	connector.Finder
	connector.Members
	connector.Normalizer
}

func (f fixed) Check(ctx context.Context) (connector.Features, error) {
	can, err := f.whole.Check(ctx)
	can.RenameGroup = false
	return can, err
}

func (f fixed) Apply(ctx context.Context, op connector.Op) (connector.Remote, error) {
	if op.Verb == connector.Update && op.Kind == connector.Group && slices.Contains(op.Changed, "displayName") {
		f.t.Errorf("a group was to be renamed: %+v", op)
		return connector.Remote{}, connector.ErrUnsupported
	}
	return f.whole.Apply(ctx, op)
}

// renamed is a world whose target cannot rename groups, in which wiki-a was just given the name wiki-b, with members.
func renamed(t *testing.T, members ...string) *world {
	w := newWorld(t)
	w.wrap = func(c connector.Connector) connector.Connector { return fixed{c.(whole), t} }
	w.corp.group("wiki-a")
	for _, name := range members {
		w.corp.person(name, "wiki", "wiki-a")
	}
	w.live()
	w.corp.call("wiki-a", "wiki-b")
	w.read(run.Done)
	return w
}

func (w *world) reply(p run.Plan, a run.Answer, keys ...string) error {
	n := p.People
	if len(keys) > 0 {
		n = len(keys)
	}
	_, err := w.Approve(w.t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: n, Keys: keys, Answer: a})
	return err
}

func (w *world) says(p run.Plan, a run.Answer) {
	w.t.Helper()
	if err := w.reply(p, a); err != nil {
		w.t.Fatal(err)
	}
}

// answers returns what is kept of answers about names.
func (w *world) answers() []link.Rename {
	w.t.Helper()
	var out []link.Rename
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = link.Of(v).Renames(w.t.Context(), "wiki")
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) groupsAre(want ...string) {
	w.t.Helper()
	got := w.groups()
	slices.Sort(got)
	if diff := cmp.Diff(append([]string{"wiki"}, want...), got); diff != "" {
		w.t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func (w *world) membersAre(group string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.members(group)); diff != "" {
		w.t.Errorf("members of %s (-want +got):\n%s", group, diff)
	}
}

// P9: where a target cannot rename, a new name asks which of two things to do, and takes no other answer.
func TestNewNameAsksWhatToDo(t *testing.T) {
	w := renamed(t, "ada", "bob")
	w.follow(run.Held)
	_, lines := w.plan(w.hold().ID)
	for _, l := range lines {
		if diff := cmp.Diff([]string{"replace", "keep"}, l.Answers); diff != "" || !strings.Contains(l.Why, "permissions") || l.Size != 2 {
			t.Errorf("the question is %+v", l.Line)
		}
	}
	for _, a := range []run.Answer{"", run.Adopt} {
		err := w.reply(w.hold(), a)
		if p, ok := errors.AsType[*run.Problem](err); !ok || p.Code != "answer_needed" {
			t.Errorf("answer %q: %v", a, err)
		}
	}
	w.groupsAre("wiki-a")
	w.membersAre("wiki-a", "ada", "bob")
}

// P9: with replace, a new group gets every member, and then the old one goes; nobody is in neither.
func TestGroupIsReplaced(t *testing.T) {
	w := renamed(t, "ada", "bob", "cleo")
	old, _ := w.target.Snapshot().Group("wiki-a")
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	before := len(w.target.Writes())
	w.follow(run.Done)
	w.groupsAre("wiki-b")
	w.membersAre("wiki-b", "ada", "bob", "cleo")
	var order []string
	for _, x := range w.target.Writes()[before:] {
		order = append(order, x.Method)
	}
	if diff := cmp.Diff([]string{"POST", "PATCH", "DELETE"}, order); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if got := w.linkOf("wiki-b"); string(got.Remote) == old.ID || got.Origin != link.Created {
		t.Errorf("the link is %+v, the old group was %s", got, old.ID)
	}
	if len(w.answers()) != 0 {
		t.Errorf("answers are left: %+v", w.answers())
	}
	if err := w.store.View(t.Context(), func(v directory.Reader) error {
		spent, err := link.Of(v).Effects(t.Context(), "wiki", w.now.Add(-time.Hour))
		if spent[link.GroupDelete] != 1 {
			t.Errorf("group deletions of the last day: %v, want 1", spent)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.settles()
}

// P9: with keep, the old name stays at the target, other things follow, and nobody is asked until the name changes anew.
func TestGroupKeepsItsNameThere(t *testing.T) {
	w := renamed(t, "ada", "bob")
	w.follow(run.Held)
	w.says(w.hold(), run.Keep)
	w.follows()
	w.groupsAre("wiki-a")
	w.corp.person("cleo", "wiki", "wiki-a")
	w.read(run.Done)
	w.follow(run.Done)
	w.membersAre("wiki-a", "ada", "bob", "cleo")
	for range 2 {
		w.now = w.now.Add(25 * time.Hour)
		w.sync(run.Done)
	}
	w.settlesWithin(1)
	if n := len(w.waiting()); n != 0 {
		t.Errorf("%d wait", n)
	}

	t.Log("back to the old name, and to the new one again: that is asked about anew")
	w.corp.call("wiki-a", "wiki-a")
	w.read(run.Done)
	w.follows()
	w.corp.call("wiki-a", "wiki-b")
	w.read(run.Done)
	w.follow(run.Held)
	w.says(w.hold(), run.Keep)
	w.follows()

	t.Log("a third name asks too")
	w.corp.call("wiki-a", "wiki-c")
	w.read(run.Done)
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	w.follow(run.Done)
	w.groupsAre("wiki-c")
	w.membersAre("wiki-c", "ada", "bob", "cleo")
}

// waiting returns what waits at the target.
func (w *world) waiting() []link.Waiting {
	w.t.Helper()
	var out []link.Waiting
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = link.Of(v).Waiting(w.t.Context(), "wiki", "", "", "", 100)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// P9: an answer is about the name that was asked about. Another name before it is carried out asks again.
func TestNameChangesBetweenAnswerAndAct(t *testing.T) {
	for _, answer := range []run.Answer{run.Replace, run.Keep} {
		t.Run(string(answer), func(t *testing.T) {
			w := renamed(t, "ada")
			w.follow(run.Held)
			w.says(w.hold(), answer)
			w.corp.call("wiki-a", "wiki-c")
			w.read(run.Done)
			w.follow(run.Held)
			w.groupsAre("wiki-a")
			w.says(w.hold(), run.Replace)
			w.follow(run.Done)
			w.groupsAre("wiki-c")
			w.membersAre("wiki-c", "ada")
			w.settles()
		})
	}
}

// P9: the name goes back while the old group still stands: the members end up in one group of that name, and none is deleted under them.
func TestNameGoesBackHalfway(t *testing.T) {
	w := renamed(t, "ada", "bob")
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	w.target.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: "DELETE"})
	w.follows()
	w.groupsAre("wiki-a", "wiki-b")
	w.target.Fail()
	w.corp.call("wiki-a", "wiki-a")
	w.read(run.Done)
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	w.follows()
	for range 3 {
		w.now = w.now.Add(20 * time.Minute)
		w.follows()
		w.inOne("ada", "bob")
	}
	w.groupsAre("wiki-a")
	w.membersAre("wiki-a", "ada", "bob")
	w.settles()
}

// P9: a target that cannot take a member keeps the old group, for as long as that lasts.
func TestOldGroupStaysUntilEveryMemberIsInTheNewOne(t *testing.T) {
	w := renamed(t, "ada", "bob")
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	w.target.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: "PATCH"})
	for range 3 {
		w.follows()
		w.groupsAre("wiki-a", "wiki-b")
		w.membersAre("wiki-a", "ada", "bob")
		w.now = w.now.Add(time.Hour)
	}
	w.target.Fail()
	w.follow(run.Done)
	w.groupsAre("wiki-b")
	w.membersAre("wiki-b", "ada", "bob")
	w.settles()
}

// P9, P10: where nobody is removed, those in the old group who are nobody of ours come over too.
func TestReplacedGroupBringsStrangersWhereNobodyIsRemoved(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups.Merge = true
	w.wrap = func(c connector.Connector) connector.Connector { return fixed{c.(whole), t} }
	w.corp.group("wiki-a")
	w.corp.person("ada", "wiki", "wiki-a")
	w.corp.person("bob", "wiki", "wiki-a")
	w.seedGroup("wiki-a", 2)
	w.live()
	w.corp.leave("bob", "wiki-a")
	w.corp.call("wiki-a", "wiki-b")
	w.read(run.Done)
	w.follow(run.Held)
	w.says(w.hold(), run.Replace)
	w.follow(run.Done)
	w.groupsAre("wiki-b")
	w.membersAre("wiki-b", "ada", "bob", "wiki-a-stranger0", "wiki-a-stranger1")
}

// inOne expects that everybody is in at least one of the two groups.
func (w *world) inOne(names ...string) {
	w.t.Helper()
	in := append(w.members("wiki-a"), w.members("wiki-b")...)
	for _, name := range names {
		if !slices.Contains(in, name) {
			w.t.Errorf("%s is in neither group: %v", name, in)
		}
	}
}

// P9: a crash at any step leaves everybody in at least one of the groups, and what runs then finishes.
func TestCrashWhileAGroupIsReplaced(t *testing.T) {
	all := replacing(t, 0, false)
	if all < 12 {
		t.Fatalf("a replacement takes %d steps only", all)
	}
	stride := max(1, all/8)
	if torture() {
		stride = 1
	}
	for at := 1; at <= all; at += stride {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/after=%t", at, after), func(t *testing.T) {
				t.Parallel()
				replacing(t, at, after)
			})
		}
	}
}

func replacing(t *testing.T, at int, after bool) int {
	who := []string{"ada", "bob", "cleo"}
	w := renamed(t, who...)
	w.follow(run.Held)
	k := &knife{at: at, after: after}
	w.knife = k
	w.start()
	if err := w.reply(w.hold(), run.Replace); err == nil {
		_, _ = w.Follow(t.Context(), "wiki", "")
	}
	w.inOne(who...)
	w.knife = nil
	w.start()
	w.follows()
	if len(w.holds()) > 0 { // the answer was not heard
		w.says(w.hold(), run.Replace)
	}
	for range 3 {
		w.follows()
		w.inOne(who...)
		w.now = w.now.Add(10 * time.Minute)
	}
	w.groupsAre("wiki-b")
	w.membersAre("wiki-b", who...)
	if len(w.answers()) != 0 {
		t.Errorf("answers are left: %+v", w.answers())
	}
	w.settles()
	return k.steps
}
