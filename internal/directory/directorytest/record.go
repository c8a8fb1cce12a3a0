package directorytest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
)

func record(key string) directory.Record {
	return directory.Record{
		Source: "corp", Key: key, Kind: directory.Person, Base: "people", Name: "CN=" + key + ",DC=example,DC=com", Status: directory.Present,
		Since: since, Attrs: attr.Set{"mail": {key + "@example.com"}}, Digest: "d-" + key,
	}
}

func putRecords(t *testing.T, s directory.Store, records ...directory.Record) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutRecords(ctx, records...) })
}

func records(t *testing.T, s directory.Store, fn func(context.Context, directory.Reader) ([]directory.Record, error)) []directory.Record {
	t.Helper()
	return view(t, s, fn)
}

func keysOf(list []directory.Record) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.Key
	}
	return out
}

func testRecords(t *testing.T, s directory.Store) {
	full := directory.Record{
		Source: "corp", Key: "K1", Kind: directory.Group, Object: directory.NewID(), Base: "groups", Name: "CN=Wiki,DC=Example", Attrs: attr.Set{"cn": {"a", "b"}},
		Disabled: true, Expires: since.Add(time.Hour), Expired: true, Status: directory.Removed, Cause: directory.Missing, Since: since, Digest: "d",
		MembersHash: "m", Waiting: "two people match", Waits: since,
	}
	other := record("k1")
	putRecords(t, s, full, other, record("k2"))
	got := records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Records(ctx, "corp", []string{"K1", "none"})
	})
	equal(t, "a record comes back as it was put; keys differ by case", got, []directory.Record{full})
	marks := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Mark, error) {
		return r.Marks(ctx, "corp", []string{"K1", "none"})
	})
	equal(t, "a mark is of the record as it was put", marks, []directory.Mark{
		{Key: "K1", Kind: directory.Group, Object: full.Object, Status: directory.Removed, Digest: "d", MembersHash: "m", Waiting: "two people match"},
	})
	got = records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Records(ctx, "hr", []string{"K1"})
	})
	equal(t, "keys belong to their source", got, nil)
	got = records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.RecordsByName(ctx, "corp", []string{"cn=WIKI,dc=example", "CN=nobody"})
	})
	equal(t, "RecordsByName ignores case and status", got, []directory.Record{full})
	got = records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.RecordsOf(ctx, []directory.ID{full.Object, directory.NewID(), ""})
	})
	equal(t, "RecordsOf returns bound records", got, []directory.Record{full})

	again := full
	again.Waiting, again.Waits = "another reason", since.Add(time.Hour)
	putRecords(t, s, again)
	full.Waiting = "another reason"
	got = records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Waiting(ctx, "corp", "", 1)
	})
	equal(t, "what waits already has waited since it began to", got, []directory.Record{full})

	full.Attrs, full.Waiting, full.Object = attr.Set{}, "", ""
	putRecords(t, s, full)
	full.Waits = time.Time{}
	got = records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Records(ctx, "corp", []string{"K1"})
	})
	equal(t, "put replaces", got, []directory.Record{full})
}

func testRecordLists(t *testing.T, s directory.Store) {
	for i := range 30 {
		r := record(fmt.Sprintf("k%02d", i))
		switch i % 3 {
		case 1:
			r.Status, r.Waiting = directory.Absent, "not seen"
		case 2:
			r.Expires = since.Add(time.Duration(i) * time.Hour)
			r.Expired = i == 2
		}
		putRecords(t, s, r)
	}
	group := record("g1")
	group.Base = "groups"
	putRecords(t, s, group)
	var keys []string
	for after := ""; ; {
		page := records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
			return r.ListRecords(ctx, "corp", "people", []directory.Status{directory.Present}, after, 7)
		})
		heads := records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
			return r.ListHeads(ctx, "corp", "people", []directory.Status{directory.Present}, after, 7)
		})
		equal(t, "ListHeads lists what ListRecords lists", keysOf(heads), keysOf(page))
		for i, h := range heads {
			if h.Attrs != nil || page[i].Attrs == nil {
				t.Fatalf("heads have no Attrs, records have: %v, %v", h.Attrs, page[i].Attrs)
			}
		}
		keys = append(keys, keysOf(page)...)
		if len(page) < 7 {
			break
		}
		after = page[len(page)-1].Key
	}
	if len(keys) != 20 || keys[0] != "k00" || keys[19] != "k29" {
		t.Errorf("pages of present records: %v", keys)
	}
	n := view(t, s, func(ctx context.Context, r directory.Reader) (int, error) {
		return r.CountRecords(ctx, "corp", "people", []directory.Status{directory.Present, directory.Absent})
	})
	equal(t, "count by status", n, 30)
	waiting := records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Waiting(ctx, "corp", "k04", 3)
	})
	equal(t, "waiting records, by key", keysOf(waiting), []string{"k07", "k10", "k13"})
	due := records(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Record, error) {
		return r.Due(ctx, "corp", since.Add(11*time.Hour).UnixMilli(), 10)
	})
	equal(t, "due: present, expired by now, and not acted on", keysOf(due), []string{"k05", "k08", "k11"})
}

func testCursors(t *testing.T, s directory.Store) {
	read := func() string {
		return view(t, s, func(ctx context.Context, r directory.Reader) (string, error) {
			c, err := r.Cursor(ctx, "corp")
			if err != nil {
				return "", err
			}
			a, err := r.Anchor(ctx, "target:wiki", "CN=Wiki")
			return c + "|" + a, err
		})
	}
	equal(t, "nothing is remembered at first", read(), "|")
	for _, v := range []string{"one", "two", ""} {
		update(t, s, func(ctx context.Context, tx directory.Tx) error {
			if err := tx.SetCursor(ctx, "corp", v); err != nil {
				return err
			}
			return tx.SetAnchor(ctx, "target:wiki", "CN=Wiki", "guid-"+v)
		})
		equal(t, "the last value is remembered", read(), v+"|guid-"+v)
	}
}
