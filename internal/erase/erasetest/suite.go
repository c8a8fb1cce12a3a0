// Package erasetest proves that a store keeps the promises of package erase: nothing is left of who was deleted, everything of the others, wherever it was cut
// off. A store's own tests call Run.
package erasetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/erase"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/workspace"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for name, test := range map[string]func(*testing.T, func(t *testing.T) directory.Store){
		"everything of one person": testErase, "cut off at every step": testCuts, "transactions that run twice": testTwice, "waits for open accounts": testWaits, "lists": testLists,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// Traces are texts that only the person who is deleted has brought in.
var Traces = []string{"zelda.quint", "zelda@example.com", "Zelda Quint", "uid=zelda", "zq-secret-message", "zq-reply", "zq-direct", "zq-title", "zq-theme", "zq-answer", "zq-file.txt"}

var at = time.UnixMilli(1_700_000_000_000).UTC()

// A World is a store with somebody who is to be deleted, and others.
type World struct {
	directory.Store
	Zelda, Ann directory.ID
	Erase      *erase.Keeper
	Told       int
	Dropped    map[string]bool
	channel    workspace.Place
	open       []string
}

// NewWorld fills a store.
func NewWorld(t *testing.T, s directory.Store) *World {
	t.Helper()
	w := &World{Store: s, Zelda: directory.NewID(), Ann: directory.NewID(), Dropped: map[string]bool{}}
	w.Erase = &erase.Keeper{
		Store: s, Now: func() time.Time { return at }, Loading: &sync.Mutex{}, Flush: func(context.Context) error { return nil },
		Open: func(context.Context, directory.ID) ([]string, []string, error) { return w.open, nil, nil },
		Drop: func(hash string) error { w.Dropped[hash] = true; return nil },
		Tell: func(context.Context, directory.Tx, erase.Erasure) error { w.Told++; return nil },
	}
	w.update(t, func(tx directory.Tx) error {
		return errors.Join(w.people(t.Context(), tx), w.space(t.Context(), tx), w.targets(t.Context(), tx), w.acts(t.Context(), tx))
	})
	w.update(t, func(tx directory.Tx) error {
		return erase.In(tx).PutErasure(t.Context(), erase.Erasure{Person: w.Zelda, By: "operator:ann", Heir: w.Ann, Asked: at})
	})
	return w
}

func (w *World) update(t *testing.T, fn func(directory.Tx) error) {
	t.Helper()
	if err := w.Update(t.Context(), "test", fn); err != nil {
		t.Fatal(err)
	}
}

func (w *World) people(ctx context.Context, tx directory.Tx) error {
	group := directory.NewID()
	return errors.Join(
		tx.PutObjects(ctx,
			directory.Object{
				ID: w.Zelda, Kind: directory.Person, State: directory.Disabled, Cause: directory.Operator, Digest: "d", Stop: &directory.Stop{By: "operator:ann", Reason: "Zelda Quint left", At: at},
				Attrs: attr.Set{directory.Username: {"zelda.quint"}, directory.Email: {"zelda@example.com"}, directory.Name: {"Zelda Quint"}, "title": {"zq-title"}},
			},
			directory.Object{ID: w.Ann, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"ann"}}},
			directory.Object{ID: group, Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {"staff"}}}),
		tx.PutRecords(ctx,
			directory.Record{Source: "corp", Key: "k1", Kind: directory.Person, Object: w.Zelda, Base: "people", Name: "uid=zelda,dc=example", Status: directory.Removed, Attrs: attr.Set{"title": {"zq-title"}}, Since: at},
			directory.Record{Source: "corp", Key: "k2", Kind: directory.Person, Base: "people", Name: "uid=new", Status: directory.Present, Waiting: `the username "zelda.quint" belongs to another person`, Since: at}),
		tx.PutEdges(ctx, group, []directory.ID{w.Zelda, w.Ann}, nil),
		access.In(tx).PutGrant(ctx, access.Grant{Person: w.Zelda, Role: access.Auditor, By: "operator:ann", At: at}),
		access.In(tx).PutToken(ctx, access.Token{ID: "t1", Person: w.Zelda, Name: "of Zelda Quint", Hash: []byte{1}, Created: at, Expires: at}),
		access.In(tx).PutSession(ctx, access.Session{Hash: []byte{2}, Person: w.Zelda, Created: at, Used: at}),
		access.In(tx).PutPassword(ctx, access.Password{Person: w.Zelda, Hash: "h", Set: at}),
	)
}

func (w *World) space(ctx context.Context, tx directory.Tx) error {
	space := workspace.In(tx)
	team := workspace.Place{ID: directory.NewID(), Kind: workspace.Team, Name: "team", Title: "Team", Created: at, Updated: at}
	w.channel = workspace.Place{ID: directory.NewID(), Kind: workspace.Public, Team: team.ID, Name: "work", Title: "Work", Created: at, Updated: at}
	two := workspace.Place{ID: directory.NewID(), Kind: workspace.Direct, Name: workspace.NameOf([]directory.ID{w.Zelda, w.Ann}), Created: at, Updated: at}
	post := func(in, by, root directory.ID, minute int, text string) workspace.Post {
		return workspace.Post{ID: directory.NewID(), Channel: in, Author: by, Root: root, Message: text, Created: at.Add(time.Duration(minute) * time.Minute)}
	}
	mine := post(w.channel.ID, w.Zelda, "", 1, "zq-secret-message")
	mine.Files = []workspace.File{{Hash: "alone", Name: "zq-file.txt", Size: 1}, {Hash: "shared", Name: "zq-file.txt", Size: 1}}
	mine.Marks = []workspace.Mark{{Kind: workspace.Follows, Person: w.Ann, At: at}}
	theirs := post(w.channel.ID, w.Ann, "", 2, "ann says")
	theirs.Files = []workspace.File{{Hash: "shared", Name: "other.txt", Size: 1}}
	theirs.Marks = []workspace.Mark{{Kind: workspace.Reaction, Person: w.Zelda, Name: "tada", At: at}, {Kind: workspace.Reaction, Person: w.Ann, Name: "fox", At: at}}
	return errors.Join(
		space.PutPlaces(ctx, team, w.channel, two),
		space.PutMembers(ctx, workspace.Member{Place: team.ID, Person: w.Zelda, Via: workspace.ByHand, State: workspace.Present, Since: at}, workspace.Member{Place: team.ID, Person: w.Ann, Via: workspace.ByHand, State: workspace.Present, Since: at},
			workspace.Member{Place: two.ID, Person: w.Zelda, Via: workspace.ByHand, State: workspace.Present, Since: at}, workspace.Member{Place: two.ID, Person: w.Ann, Via: workspace.ByHand, State: workspace.Present, Since: at}),
		space.PutProfiles(ctx, workspace.Profile{Person: w.Zelda, More: `{"theme":"zq-theme"}`, Picture: workspace.File{Hash: "face", Name: "zq-file.txt", Size: 1}}),
		space.PutBots(ctx, workspace.Bot{ID: directory.NewID(), Username: "helper", Owner: w.Zelda}),
		space.PutPosts(ctx, mine, theirs, post(w.channel.ID, w.Zelda, mine.ID, 3, "zq-reply to myself"), post(w.channel.ID, w.Ann, mine.ID, 4, "ann replies"), post(w.channel.ID, w.Ann, mine.ID, 5, "ann again"),
			post(w.channel.ID, w.Zelda, theirs.ID, 6, "zq-reply to ann"), post(two.ID, w.Ann, "", 7, "zq-direct to zelda"), post(two.ID, w.Zelda, "", 8, "zq-direct to ann")),
	)
}

func (w *World) targets(ctx context.Context, tx directory.Tx) error {
	l := link.In(tx)
	applied := attr.Set{"userName": {"zelda.quint"}, "displayName": {"Zelda Quint"}}
	epoch, err := l.Lead(ctx, "wiki")
	if err != nil {
		return err
	}
	return errors.Join(
		l.Put(ctx, link.Link{Target: "wiki", Object: w.Zelda, Kind: connector.User, Remote: "u-1", State: link.Closed, Applied: applied, Since: at, Confirmed: at}),
		l.Begin(ctx, epoch, link.Intent{ID: "i1", Target: "wiki", Object: w.Zelda, Kind: connector.User, Verb: connector.Update, Remote: "u-1", Before: attr.Set{"userName": {"zelda.old"}}, Want: applied, At: at}),
		l.Settle(ctx, link.Outcome{Intent: "i1", Result: link.Failed, Answer: "zq-answer", At: at}),
		l.PutObserved(ctx, []attr.Path{"userName"}, link.Observed{Target: "wiki", Remote: connector.Remote{ID: "u-1", Kind: connector.User, Attrs: applied}, At: at}),
		l.PutWaiting(ctx, link.Waiting{Target: "wiki", Object: w.Zelda, Wait: link.Held, Code: "x", Reason: "Zelda Quint waits", Since: at}),
		l.PutOrders(ctx, link.Order{Target: "wiki", Object: w.Zelda, Name: "zelda.quint", By: "operator:ann", Reason: "Zelda Quint", At: at, State: link.Obeyed}),
	)
}

func (w *World) acts(ctx context.Context, tx directory.Tx) error {
	r := run.In(tx)
	line := plan.Line{
		Key: "key", Target: "wiki", Object: w.Zelda, Kind: connector.User, Name: "zelda.quint", Verb: plan.Update, Why: "Zelda Quint has a new title",
		Fields: []attr.Change{{Path: "title", New: attr.Values{"zq-title"}}},
	}
	return errors.Join(
		r.PutPlan(ctx, run.Plan{ID: "p1", Target: "wiki", Kind: run.Hold, Status: run.Rejected, Created: at, By: "operator:zelda.quint", Why: "of zelda.quint, and zelda.quintessence"}),
		r.AddLines(ctx, "p1", line),
		r.PutRun(ctx, run.Run{ID: "r1", Kind: run.Serve, Name: "wiki", Started: at, Ended: at, Outcome: run.Done, Notes: []string{"ZELDA@example.com was asked about"}}),
		r.Audit(ctx, run.Event{At: at, By: "operator:zelda.quint", Act: "place.add", Object: "team: ann, zelda.quint"}),
	)
}

// What is left, in words.
func (w *World) left(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	ctx := t.Context()
	err := w.View(ctx, func(v directory.Reader) error {
		o, err := v.Object(ctx, w.Zelda)
		fmt.Fprintf(&b, "%s %s, stopped %t, epoch %d, %v %q %v\n", o.State, o.Cause, o.Stop != nil, o.Epoch, o.Attrs, o.Digest, err)
		records, err := v.RecordsOf(ctx, []directory.ID{w.Zelda})
		fmt.Fprintf(&b, "records %v %v\n", records, err)
		other, err := v.Records(ctx, "corp", []string{"k2"})
		fmt.Fprintf(&b, "other waits: %s %v\n", other[0].Waiting, err)
		groups, err := v.GroupsOf(ctx, []directory.ID{w.Zelda, w.Ann})
		fmt.Fprintf(&b, "groups %d %v\n", len(groups), err)
		grants, err := access.Of(v).Grants(ctx, w.Zelda)
		fmt.Fprintf(&b, "grants %v %v\n", grants, err)
		tokens, err := access.Of(v).Tokens(ctx, w.Zelda)
		fmt.Fprintf(&b, "tokens %v %v\n", tokens, err)
		space := workspace.Of(v)
		members, err := space.MembersOf(ctx, []directory.ID{w.Zelda, w.Ann})
		fmt.Fprintf(&b, "members %d %v\n", len(members), err)
		bots, err := space.Bots(ctx, nil)
		fmt.Fprintf(&b, "bot owner ann %t %v\n", bots[0].Owner == w.Ann, err)
		posts, err := space.Posts(ctx, w.channel.ID, "", 0)
		if err != nil {
			return err
		}
		for _, p := range posts {
			replies, err := space.Replies(ctx, []directory.ID{p.ID})
			fmt.Fprintf(&b, "post %q by ann %t, marks %v, files %v, %d replies %v\n", p.Message, p.Author == w.Ann, len(p.Marks), p.Files, len(replies), err)
		}
		written, err := space.ListPosts(ctx, workspace.PostQuery{Author: w.Zelda})
		fmt.Fprintf(&b, "written %d %v\n", len(written), err)
		links, err := link.Of(v).LinksOf(ctx, w.Zelda)
		fmt.Fprintf(&b, "links %v %v\n", links, err)
		claims, err := link.Of(v).ClaimsOf(ctx, "wiki", []directory.ID{w.Zelda})
		fmt.Fprintf(&b, "claims %d %v\n", len(claims), err)
		calls, err := link.Of(v).Journal(ctx, link.Query{Object: w.Zelda})
		if err != nil {
			return err
		}
		for _, c := range calls {
			fmt.Fprintf(&b, "call %s %s %v %v %q\n", c.Verb, c.Remote, c.Before, c.Want, c.Answer)
		}
		lines, err := run.Of(v).Lines(ctx, "p1", "", -1, 10)
		if err != nil {
			return err
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "line %s %t %q %v\n", l.Verb, l.Name == string(w.Zelda), l.Why, l.Fields)
		}
		p, err := run.Of(v).Plan(ctx, "p1")
		fmt.Fprintf(&b, "plan by %q why %q %v\n", p.By, p.Why, err)
		events, err := run.Of(v).Events(ctx, run.EventQuery{Limit: 10})
		for _, e := range events {
			fmt.Fprintf(&b, "event %s %s %s\n", e.By, e.Act, e.Object)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(string(w.Zelda), "ZELDA", string(w.Ann), "ANN").Replace(b.String())
}

const want = `gone operator, stopped false, epoch 1, map[] "" <nil>
records [] <nil>
other waits: the username "ZELDA" belongs to another person <nil>
groups 1 <nil>
grants [] <nil>
tokens [] <nil>
members 1 <nil>
bot owner ann true <nil>
post "ann says" by ann true, marks 1, files [{shared other.txt 1}], 0 replies <nil>
post "ann replies" by ann true, marks 1, files [], 1 replies <nil>
written 0 <nil>
links [] <nil>
claims 1 <nil>
call update u-1 map[] map[] ""
line update true "" []
plan by "operator:ZELDA" why "of ZELDA, and zelda.quintessence" <nil>
event operator:ZELDA place.add team: ann, ZELDA
`

// M12: of who is deleted nothing is left but the id, and of the others everything.
func testErase(t *testing.T, open func(t *testing.T) directory.Store) {
	w := NewWorld(t, open(t))
	e, err := w.Erase.Advance(t.Context(), w.Zelda)
	if err != nil || !e.Done.Equal(at) || len(e.Names) > 0 {
		t.Fatalf("erase: %+v, %v", e, err)
	}
	if diff := cmp.Diff(want, w.left(t)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	counts := map[string]int{
		"texts that named them": 4, "sessions": 1, "passwords": 1, "tokens": 1, "roles": 1, "direct channels": 1, "posts": 3, "reactions and marks": 1, "memberships": 1,
		"profiles": 1, "group memberships": 1, "records": 1, "links": 1, "remote writes": 1, "lines of plans": 1, "people": 1, "files": 2,
	}
	if diff := cmp.Diff(counts, e.Removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"alone": true, "face": true}, w.Dropped); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
	if again, err := w.Erase.Advance(t.Context(), w.Zelda); err != nil || w.Told != 1 || !again.Done.Equal(e.Done) {
		t.Errorf("once more: %+v, told %d times, %v", again, w.Told, err)
	}
}

// A cutter is a store that lets so many writes through.
type cutter struct {
	directory.Store
	left int
}

var errCut = errors.New("cut off")

func (c *cutter) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	if c.left--; c.left < 0 {
		return errCut
	}
	return c.Store.Update(ctx, by, fn)
}

// M12: a deletion that is cut off anywhere goes on there, and ends as one that was not.
func testCuts(t *testing.T, open func(t *testing.T) directory.Store) {
	w := NewWorld(t, open(t))
	c := &cutter{Store: w.Store}
	w.Erase.Store = c
	for steps := 1; ; steps++ {
		c.left = 1
		e, err := w.Erase.Advance(t.Context(), w.Zelda)
		if err == nil && !e.Done.IsZero() {
			if steps < 15 {
				t.Errorf("only %d steps", steps)
			}
			break
		}
		if !errors.Is(err, errCut) || steps > 1000 {
			t.Fatalf("step %d: %+v, %v", steps, e, err)
		}
	}
	if diff := cmp.Diff(want, w.left(t)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// Whatever a transaction that runs again has kept from the first time would be left out.
func testTwice(t *testing.T, open func(t *testing.T) directory.Store) {
	w := NewWorld(t, open(t))
	w.Erase.Store = directorytest.Twice{Store: w.Store}
	if e, err := w.Erase.Advance(t.Context(), w.Zelda); err != nil || !e.Done.Equal(at) || e.Removed["posts"] != 3 {
		t.Errorf("erase: %+v, %v", e, err)
	}
	if diff := cmp.Diff(want, w.left(t)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// M12, X6: nobody is forgotten whose account may be open.
func testWaits(t *testing.T, open func(t *testing.T) directory.Store) {
	w := NewWorld(t, open(t))
	before := w.left(t)
	w.open = []string{"wiki has not confirmed"}
	for range 2 {
		if e, err := w.Erase.Advance(t.Context(), w.Zelda); err != nil || !e.Done.IsZero() || len(e.Waits) != 1 {
			t.Fatalf("while it is open: %+v, %v", e, err)
		}
	}
	if diff := cmp.Diff(before, w.left(t)); diff != "" {
		t.Errorf("it removed something while it waits:\n%s", diff)
	}
	w.open = nil
	if err := w.Erase.Pass(t.Context()); err != nil || w.Told != 1 {
		t.Errorf("once it is closed: told %d times, %v", w.Told, err)
	}
}

func testLists(t *testing.T, open func(t *testing.T) directory.Store) {
	w := NewWorld(t, open(t))
	list := func(all bool) (out []erase.Erasure) {
		t.Helper()
		if err := w.View(t.Context(), func(v directory.Reader) (err error) {
			out, err = erase.Of(v).Erasures(t.Context(), all)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if open := list(false); len(open) != 1 || open[0].By != "operator:ann" || open[0].Heir != w.Ann || !open[0].Asked.Equal(at) {
		t.Errorf("open: %+v", open)
	}
	if err := w.Erase.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(list(false)) != 0 || len(list(true)) != 1 {
		t.Errorf("after it was done: %+v", list(true))
	}
	if err := w.View(t.Context(), func(v directory.Reader) error {
		_, err := erase.Of(v).Erasure(t.Context(), w.Ann)
		return err
	}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("of somebody else: %v", err)
	}
}
