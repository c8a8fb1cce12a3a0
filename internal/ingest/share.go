package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muster/internal/directory"
)

// shares counts how many people have each attribute, so that the loss of a read right on one of them is noticed. "" counts everybody.
type shares map[string]int

func (s shares) count(rec directory.Record) {
	if rec.Kind != directory.Person {
		return
	}
	s[""]++
	for name, v := range rec.Attrs {
		if v.First() != "" {
			s[string(name)]++
		}
	}
}

func (s shares) percent(name string) int { return s[name] * 100 / max(1, s[""]) }

// fell returns which of names far fewer people have than before: in number, and for their share. New people without an attribute are no loss.
func (s shares) fell(before shares, names []string) []string {
	var out []string
	for _, name := range names {
		if before[name]-s[name] >= shareLeast && before.percent(name)-s.percent(name) > sharePoints {
			out = append(out, fmt.Sprintf("%s (%d %% → %d %%)", name, before.percent(name), s.percent(name)))
		}
	}
	slices.Sort(out)
	return out
}

const sharesAnchor = "attribute shares"

// lastShares returns the shares of the last read that was believed, and how they are stored.
func (r *Reading) lastShares(ctx context.Context) (before shares, text string, err error) {
	before = shares{}
	err = r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		text, err = v.Anchor(ctx, "source:"+r.source, sharesAnchor)
		return err
	})
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &before)
	}
	if err != nil {
		err = fmt.Errorf("read the attribute shares of %s: %w", r.source, err)
	}
	return before, text, err
}

// counted reports whether this read can be compared with others by its attributes: it was whole, and brought everybody's.
func (r *Reading) counted() bool { return len(r.complete) > 0 && !r.partial && r.shares[""] > 0 }

// judgeShares compares with the last read that was believed, whether or not anybody is missing: what is lost stays suspicious until it is back, or no rule
// reads it any more.
func (r *Reading) judgeShares(ctx context.Context) (*finding, error) {
	if !r.counted() {
		return nil, nil
	}
	before, _, err := r.lastShares(ctx)
	if err != nil {
		return nil, err
	}
	for name, n := range r.doubts.let {
		before[name] -= n
	}
	lost := r.shares.fell(before, r.door.reads(r.source))
	if len(lost) == 0 {
		return nil, nil
	}
	return r.lostAttributes(fmt.Sprintf("%s: many people have lost an attribute: %s", r.source, strings.Join(lost, ", "))), nil
}

// keepShares remembers the shares of a read that is believed, if they moved.
func (r *Reading) keepShares(ctx context.Context) error {
	if !r.counted() {
		return nil
	}
	_, before, err := r.lastShares(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(r.shares)
	if err != nil || before == string(text) {
		return err
	}
	err = r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, "source:"+r.source, sharesAnchor, string(text))
	})
	if err != nil {
		return fmt.Errorf("keep the attribute shares of %s: %w", r.source, err)
	}
	return nil
}
