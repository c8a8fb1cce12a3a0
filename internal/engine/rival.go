package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// An account is one remote account or group.
type account struct {
	kind connector.Kind
	id   connector.RemoteID
}

// Suitors are those who were found to match an account without being linked to it: in this wave, or in a question that is open. Of several, each is asked
// about, wherever in the wave they stand.
type suitors struct {
	mu    sync.Mutex
	of    map[account][]directory.ID
	later int // times that somebody was found to match after another had been planned

	presumed map[suit]bool // taken from a stored plan, and not found yet
}

type suit struct {
	account
	object directory.ID
}

// court notes that an object matches an account, and returns who else does.
func (w *wave) court(u *unit, id connector.RemoteID) []directory.ID {
	s := &w.suitors
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = w.askedAbout()
	}
	a := account{u.want.Kind, id}
	delete(s.presumed, suit{a, u.object.ID})
	if !slices.Contains(s.of[a], u.object.ID) {
		if len(s.of[a]) > 0 {
			s.later++
		}
		s.of[a] = append(s.of[a], u.object.ID)
	}
	return s.others(a, u.object.ID)
}

// others returns the suitors of an account besides one. The caller holds s.mu.
func (s *suitors) others(a account, object directory.ID) []directory.ID {
	out := slices.DeleteFunc(slices.Clone(s.of[a]), func(id directory.ID) bool { return id == object })
	slices.Sort(out)
	return out
}

// askedAbout returns the accounts about which there are questions that nobody has answered with no, and about whom.
func (w *wave) askedAbout() map[account][]directory.ID {
	out := map[account][]directory.ID{}
	for object, lines := range w.parked {
		for _, l := range lines {
			if a := (account{l.Kind, l.Remote}); l.Code == "ask" && l.Of == plan.Link && l.Status != run.Rejected && !slices.Contains(out[a], object) {
				out[a] = append(out[a], object)
			}
		}
	}
	return out
}

// presume takes those for suitors about whom a stored plan asks: who is planned first is asked about as well.
func (w *wave) presume(ctx context.Context, planID string) error {
	s := &w.suitors
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != nil {
		return nil // drafted again: those who match are known
	}
	s.of, s.presumed = w.askedAbout(), map[suit]bool{}
	for after := -1; ; {
		var lines []run.Line
		err := w.t.view(ctx, func(v directory.Reader) (err error) {
			lines, err = run.Of(v).FindLines(ctx, planID, run.LineFilter{Acts: []string{"skip ask"}}, after, 1000)
			return err
		})
		for _, l := range lines {
			a := account{l.Kind, l.Remote}
			if after = l.Seq; l.Of == plan.Link && l.Remote != "" && !slices.Contains(s.of[a], l.Object) {
				s.of[a] = append(s.of[a], l.Object)
				s.presumed[suit{a, l.Object}] = true
			}
		}
		if err != nil || len(lines) < 1000 {
			return err
		}
	}
}

// unsettled reports whether somebody was planned without the others who match the same account, or with some who do not: somebody was found to match after
// another had been planned, or was presumed to and was not found. It begins to count anew.
func (s *suitors) unsettled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.later > 0 || len(s.presumed) > 0
	for x := range s.presumed {
		s.of[x.account] = slices.DeleteFunc(s.of[x.account], func(id directory.ID) bool { return id == x.object })
	}
	s.later, s.presumed = 0, nil
	return out
}

// yield finds the jobs that must give up an adoption, because the account is somebody else's by now or others match it too. Of the rest, whoever had the
// account before has it no more: a person was told, and has decided.
func (w *wave) yield(ctx context.Context, tx link.Tx, jobs []*job) (map[*job]*doubt, error) {
	links, err := w.holders(ctx, tx, jobs)
	if err != nil {
		return nil, err
	}
	refused, taken := map[*job]*doubt{}, map[account]directory.ID{}
	var ended []link.Link
	for _, j := range jobs {
		for _, l := range j.adopts {
			a := account{l.Kind, l.Remote}
			if d := w.rival(j.unit, a, taken[a], links[a]); d != nil {
				refused[j] = d
				continue
			}
			taken[a] = l.Object
			for _, old := range links[a] {
				if old.Object != l.Object {
					ended = append(ended, link.Link{Target: old.Target, Object: old.Object, Kind: old.Kind, Confirmed: w.now, Run: w.run.ID})
				}
			}
		}
	}
	return refused, tx.Put(ctx, ended...)
}

// holders returns the links, closed ones included, to the accounts that jobs are about to adopt.
func (w *wave) holders(ctx context.Context, r link.Reader, jobs []*job) (map[account][]link.Link, error) {
	ask := map[connector.Kind][]connector.RemoteID{}
	for _, j := range jobs {
		for _, l := range j.adopts {
			ask[l.Kind] = append(ask[l.Kind], l.Remote)
		}
	}
	out := map[account][]link.Link{}
	for kind, ids := range ask {
		links, err := r.ByRemote(ctx, w.t.Name, kind, ids)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			a := account{kind, l.Remote}
			out[a] = append(out[a], l)
		}
	}
	return out, nil
}

// rival says why u cannot have an account, or nil.
func (w *wave) rival(u *unit, a account, taker directory.ID, links []link.Link) *doubt {
	if taker != "" && taker != u.object.ID {
		return owned(a.id, taker)
	}
	for _, l := range links {
		if l.Object != u.object.ID && (held(l) || !u.answered) {
			return ownedBy(l)
		}
	}
	w.suitors.mu.Lock()
	defer w.suitors.mu.Unlock()
	if others := w.suitors.others(a, u.object.ID); len(others) > 0 && !u.answered {
		return contested(a.id, others)
	}
	return nil
}

// held reports whether the account of a link is in the hands of whom it names: no answer gives it to another.
func held(l link.Link) bool { return l.State == link.Linked || l.State == link.Closing }

// question puts a refused job back: nothing is called, and a person is asked instead.
func (w *wave) question(ctx context.Context, j *job, before link.Link, d *doubt) error {
	j.have, j.adopts, j.moot, j.lines, j.begun, j.intent = before, nil, nil, nil, false, link.Intent{}
	j.answered = false
	d.put(j.unit)
	j.unit.lines = w.object(j.unit)
	return w.note(ctx, []*unit{j.unit})
}

// A doubt is a question with what it rests on.
type doubt struct {
	why string
	on  []string
}

// put makes d the question of u.
func (d *doubt) put(u *unit) { u.want.Ask, u.want.Doubt = d.why, d.on }

func owned(id connector.RemoteID, owner directory.ID) *doubt {
	return &doubt{fmt.Sprintf("the account %s is linked to another person (%s)", id, owner), []string{"linked", string(id), string(owner)}}
}

func ownedBy(l link.Link) *doubt {
	if held(l) {
		return owned(l.Remote, l.Object)
	}
	return onceOwned(l.Remote, l.Object)
}

func onceOwned(id connector.RemoteID, owner directory.ID) *doubt {
	return &doubt{fmt.Sprintf("the account %s was linked to another person (%s) before", id, owner), []string{"was_linked", string(id), string(owner)}}
}

func contested(id connector.RemoteID, others []directory.ID) *doubt {
	names, on := make([]string, len(others)), []string{"contested", string(id)}
	for i, o := range others {
		names[i], on = string(o), append(on, string(o))
	}
	return &doubt{fmt.Sprintf("%d people match the account %s, the others are %s", len(others)+1, id, strings.Join(names, ", ")), on}
}

func ambiguous(a, b connector.RemoteID) *doubt {
	on := []string{string(a), string(b)}
	slices.Sort(on)
	return &doubt{fmt.Sprintf("two accounts match: %s and %s", a, b), append([]string{"two_accounts"}, on...)}
}
