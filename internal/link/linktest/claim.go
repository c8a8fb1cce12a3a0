package linktest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// Claims outlive links: what was linked once is remembered when it is removed or changes its account, and what a person said stays until it is dropped.
func testClaims(t *testing.T, s directory.Store) {
	ada, bob := directory.NewID(), directory.NewID()
	account := func(object directory.ID, remote connector.RemoteID) link.Link {
		return link.Link{Target: target, Object: object, Kind: connector.User, Remote: remote, State: link.Linked, Active: true, Since: at(1), Confirmed: at(1)}
	}
	cut := link.Claim{Target: target, Kind: connector.User, Remote: "u1", Object: ada, Tie: link.Cut, By: "olivia", Reason: "not hers", At: at(2)}
	other := link.Claim{Target: target, Kind: connector.User, Remote: "u1", Object: bob, Tie: link.Cut, By: "olivia", At: at(3)}
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.Put(ctx, account(ada, "u1"), account(bob, "u2"))
	})
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		if err := tx.Put(ctx, account(bob, "u2")); err != nil { // the same account: nothing was before
			return err
		}
		if err := tx.Put(ctx, link.Link{Target: target, Object: ada}, account(bob, "u3")); err != nil {
			return err
		}
		return tx.PutClaims(ctx, cut, other, other)
	})
	type tie struct {
		Object directory.ID
		Remote connector.RemoteID
		Tie    link.Tie
	}
	claims := func() []tie {
		var out []tie
		for _, c := range view(t, s, func(ctx context.Context, r link.Reader) ([]link.Claim, error) {
			return r.Claims(ctx, target, connector.User, []connector.RemoteID{"u1", "u2", "u3"})
		}) {
			out = append(out, tie{c.Object, c.Remote, c.Tie})
		}
		return out
	}
	want := []tie{{ada, "u1", link.Cut}, {ada, "u1", link.Was}, {bob, "u1", link.Cut}, {bob, "u2", link.Was}}
	if diff := cmp.Diff(want, claims()); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	got := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Claim, error) {
		return r.ClaimsOf(ctx, target, []directory.ID{ada})
	})
	if len(got) != 2 || got[0] != cut || got[1].By != "" || got[1].At.IsZero() {
		t.Errorf("claims of ada: %+v", got)
	}
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.DropClaims(ctx, target, connector.User, "u1", ada)
	})
	if diff := cmp.Diff(append([]tie{{ada, "u1", link.Was}}, want[2:]...), claims()); diff != "" {
		t.Errorf("claims after what was said of ada was dropped (-want +got):\n%s", diff)
	}
}

// Forget empties what is remembered of one target and leaves the others and the journal alone.
func testForget(t *testing.T, s directory.Store) {
	ada, staff := directory.NewID(), directory.NewID()
	fill := func(name string) func(context.Context, link.Tx) error {
		return func(ctx context.Context, tx link.Tx) error {
			epoch, err := tx.Lead(ctx, name)
			if err != nil {
				return err
			}
			l := link.Link{Target: name, Object: ada, Kind: connector.User, Remote: "u1", State: link.Linked, Active: true, Since: at(1), Confirmed: at(1)}
			if err := tx.Put(ctx, l); err != nil {
				return err
			}
			if err := tx.Seen(ctx, link.Edge{Target: name, Group: staff, Member: ada, Applied: true}); err != nil {
				return err
			}
			if err := tx.PutRename(ctx, link.Rename{Target: name, Object: staff, Remote: "g1", Answer: link.Keep, At: at(1)}); err != nil {
				return err
			}
			if err := tx.PutDrift(ctx, link.Drift{Target: name, Object: ada, Kind: connector.User, Field: "title", Since: at(1), Seen: at(1)}); err != nil {
				return err
			}
			if err := tx.PutWaiting(ctx, link.Waiting{Target: name, Object: ada, Wait: link.Held, Code: "ask", Since: at(1)}); err != nil {
				return err
			}
			seen := link.Observed{Target: name, Remote: connector.Remote{ID: "u1", Kind: connector.User, Attrs: attr.Set{"userName": {"ada"}}}, At: at(1)}
			if err := tx.PutObserved(ctx, []attr.Path{"userName"}, seen); err != nil {
				return err
			}
			return tx.Begin(ctx, epoch, link.Intent{ID: name + "-1", Target: name, Object: ada, Kind: connector.User, Verb: connector.Create, At: at(1)})
		}
	}
	update(t, s, fill(target))
	update(t, s, fill("other"))
	for more := true; more; {
		update(t, s, func(ctx context.Context, tx link.Tx) (err error) { more, err = tx.Forget(ctx, target); return err })
	}
	left := view(t, s, func(ctx context.Context, r link.Reader) ([]string, error) { return r.Remembered(ctx) })
	if diff := cmp.Diff([]string{"other"}, left); diff != "" {
		t.Errorf("targets that are remembered (-want +got):\n%s", diff)
	}
	for name, want := range map[string]int{target: 0, "other": 1} {
		n := view(t, s, func(ctx context.Context, r link.Reader) ([7]int, error) {
			links, err1 := r.List(ctx, name, connector.User, nil, "", 10)
			edges, err2 := r.Edges(ctx, name, staff)
			waits, err3 := r.Waiting(ctx, name, "", "", "", 10)
			seen, err4 := r.FindObserved(ctx, name, connector.User, "userName", []string{"ada"})
			names, err5 := r.Renames(ctx, name)
			count, err6 := r.CountApplied(ctx, name, staff)
			drift, err7 := r.CountDrift(ctx, name)
			return [7]int{len(links), len(edges), len(waits), len(seen), len(names), count, drift}, first(err1, err2, err3, err4, err5, err6, err7)
		})
		if n != [7]int{want, want, want, want, want, want, want} {
			t.Errorf("%s: links, edges, waits, observed, answers, applied, drift = %v, want %d of each", name, n, want)
		}
		journal := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Entry, error) {
			return r.Journal(ctx, link.Query{Target: name, Limit: 5})
		})
		if len(journal) != 1 {
			t.Errorf("%s: %d journal entries, want 1", name, len(journal))
		}
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
