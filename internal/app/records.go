package app

import (
	"context"
	"strings"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Records implements adminapi.Browsing.
func (m *Muster) Records(ctx context.Context, q adminapi.RecordQuery) (out adminapi.RecordPage, err error) {
	c, ok := m.File.Source(q.Source)
	if !ok {
		return out, m.unknown("source", q.Source)
	}
	people, groups := areasOf(c)
	in, bases := []directory.Status{directory.Present, directory.Absent}, people
	switch q.What {
	case "groups":
		bases = groups
	case "missing":
		in, bases = in[1:], append(people, groups...)
	}
	err = m.Store.View(ctx, func(v directory.Reader) error {
		var found []directory.Record
		if q.What == "waiting" {
			found, err = v.Waiting(ctx, q.Source, q.After, q.Limit+1)
		} else {
			found, err = records(ctx, v, q, bases, in)
		}
		if err != nil {
			return err
		}
		if len(found) > q.Limit {
			found = found[:q.Limit]
			out.Next = found[q.Limit-1].Key
			if q.What != "waiting" {
				out.Next = string(found[q.Limit-1].Base) + "\x00" + out.Next
			}
		}
		out.Records, err = whoseRecords(ctx, v, found)
		return err
	})
	return out, err
}

// records returns one more than a page of the records in bases, base by base.
func records(ctx context.Context, v directory.Reader, q adminapi.RecordQuery, bases []string, in []directory.Status) ([]directory.Record, error) {
	from, after, _ := strings.Cut(q.After, "\x00")
	begun := q.After == ""
	var out []directory.Record
	for _, b := range bases {
		if !begun && b != from {
			continue
		}
		page, err := v.ListHeads(ctx, q.Source, b, in, after, q.Limit+1-len(out))
		if err != nil {
			return nil, err
		}
		if begun, after, out = true, "", append(out, page...); len(out) > q.Limit {
			return out, nil
		}
	}
	if !begun {
		return nil, &run.Problem{Code: adminapi.BadRequest, What: "the place to continue from is none", Fix: "Begin with the first page."}
	}
	return out, nil
}

// whoseRecords says of records who they are.
func whoseRecords(ctx context.Context, v directory.Reader, found []directory.Record) ([]adminapi.SourceRecord, error) {
	var ids []directory.ID
	for _, r := range found {
		if r.Object != "" {
			ids = append(ids, r.Object)
		}
	}
	objects, err := v.Objects(ctx, ids)
	by := map[directory.ID]directory.Object{}
	for _, o := range objects {
		by[o.ID] = o
	}
	var out []adminapi.SourceRecord
	for _, r := range found {
		x := adminapi.SourceRecord{Record: record(r), Object: r.Object}
		if o, ok := by[r.Object]; ok {
			x.Kind, x.Who = o.Kind, o.Handle()
		}
		x.Attrs = nil
		out = append(out, x)
	}
	return out, err
}
