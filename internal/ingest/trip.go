package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// The trips: a read that passes one of them was whole, and is not believed.
const (
	shrinkPercent = 10 // of a base
	shrinkLeast   = 5  // entries
	anchorPercent = 1  // of a base: new keys under known names
	anchorLeast   = 3
	sharePoints   = 10 // that the share of people with an attribute may fall
	shareLeast    = 5
)

// trip judges a base that was read whole and from which lost are missing. nil means: believe it.
func (r *Reading) trip(ctx context.Context, base source.Base, lost []directory.Record, present int) (*run.Problem, error) {
	fresh := 0
	for _, rec := range lost {
		if rec.Status == directory.Present {
			fresh++
		}
	}
	if fresh >= shrinkLeast && fresh*100 > present*shrinkPercent {
		return suspicious("source_shrank", fmt.Sprintf("%s/%s: %d of %d entries are suddenly missing", r.source, base, fresh, present),
			"An unselected or renamed OU, a changed filter, lost read rights and a restored backup all look like this; so does a real mass exit.",
			"If the entries are there, mend the base, filter or rights. If they really are gone, disable them at the source first, or lower the number per read."), nil
	}
	if p, err := r.anchors(ctx, base, present); p != nil || err != nil {
		return p, err
	}
	return r.shares.trip(ctx, r)
}

func suspicious(code, what, why, fix string) *run.Problem {
	return &run.Problem{Code: code, What: what, Why: why, Now: "The read is not believed: nobody is removed because of it. Changes of those who were read are in.", Fix: fix}
}

// anchors counts records that wait because their username belongs to somebody with another key: if there are many, the ID attribute itself has changed.
func (r *Reading) anchors(ctx context.Context, base source.Base, present int) (*run.Problem, error) {
	n := 0
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		for after := ""; ; {
			page, err := v.Waiting(ctx, r.source, after, 500)
			if err != nil {
				return err
			}
			for _, rec := range page {
				if rec.Object == "" && rec.Base == string(base) {
					n++
				}
				after = rec.Key
			}
			if len(page) < 500 {
				return nil
			}
		}
	})
	if err != nil || n < anchorLeast || n*100 <= present*anchorPercent {
		return nil, err
	}
	return suspicious("source_anchors", fmt.Sprintf("%s/%s: identity anchors changed for %d of %d entries: new ids under known usernames", r.source, base, n, present),
		"The ID attribute was switched, its byte order is read differently, or the directory was rebuilt from an export.",
		"Restore the ID attribute in the configuration, or bind the entries to their people again."), nil
}

// shares counts how many people have each attribute, so that the loss of a read right on one of them is noticed.
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

const sharesAnchor = "attribute shares"

// trip compares with the last read that was believed.
func (s shares) trip(ctx context.Context, r *Reading) (*run.Problem, error) {
	before := shares{}
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		text, err := v.Anchor(ctx, "source:"+r.source, sharesAnchor)
		if err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &before)
	})
	if err != nil || s[""] < shareLeast || before[""] < shareLeast {
		return nil, err
	}
	var lost []string
	for name := range before {
		if before.percent(name)-s.percent(name) > sharePoints {
			lost = append(lost, fmt.Sprintf("%s (%d %% → %d %%)", name, before.percent(name), s.percent(name)))
		}
	}
	if len(lost) == 0 {
		return nil, nil
	}
	slices.Sort(lost)
	return suspicious("source_attributes", fmt.Sprintf("%s: many people have lost an attribute: %s", r.source, strings.Join(lost, ", ")),
		"The bind account probably lost the right to read it.", "Give the right back, or remove the attribute from the mapping."), nil
}

// save remembers the shares of a read that was believed, if they moved.
func (s shares) save(ctx context.Context, r *Reading) error {
	if r.sum.Suspicious || s[""] == 0 || !r.complete["people"] {
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var before string
	err = r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		before, err = v.Anchor(ctx, "source:"+r.source, sharesAnchor)
		return err
	})
	if err != nil || before == string(text) {
		return err
	}
	return r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, "source:"+r.source, sharesAnchor, string(text))
	})
}
