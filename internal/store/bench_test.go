package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/store"
)

// The size of a large company. Run with -benchtime 1x.
const (
	benchPeople  = 100_000
	benchGroups  = 5_000
	benchMembers = 200 // per group
)

func databases(b *testing.B, fn func(*testing.B, *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, sqlite(b)) })
	b.Run("postgres", func(b *testing.B) { fn(b, postgres(b)) })
}

func update(b testing.TB, s *store.Store, fn func(context.Context, directory.Tx) error) {
	b.Helper()
	if err := s.Update(b.Context(), "bench", func(tx directory.Tx) error { return fn(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

type company struct {
	people, groups []directory.Object
	records        []directory.Record
	members        [][]directory.ID
}

func newCompany() company {
	var c company
	random := rand.New(rand.NewPCG(1, 2))
	for i := range benchPeople {
		name := fmt.Sprintf("person%06d", i)
		o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Since: time.Unix(1e9, 0), Attrs: attr.Set{
			"username": {name}, "email": {name + "@example.com"}, "name": {"Person " + name}, "given": {"Given" + name}, "family": {"Family" + name},
			"department": {"Department of Examples"}, "title": {"Example"},
		}}
		c.people = append(c.people, o)
		c.records = append(c.records, directory.Record{
			Source: "corp", Key: fmt.Sprintf("%08x-0000-4000-8000-%012x", random.Uint32(), i), Kind: directory.Person,
			Object: o.ID, Base: "people", Name: "uid=" + name + ",ou=People,dc=example,dc=com", Status: directory.Present, Digest: fmt.Sprint("0123456789abcdef", i),
			Attrs: attr.Set{
				"uid": {name}, "mail": {name + "@example.com"}, "cn": {"Person " + name}, "givenname": {"Given" + name}, "sn": {"Family" + name},
				"departmentnumber": {"Department of Examples"}, "title": {"Example"}, "objectclass": {"top", "person", "inetOrgPerson"},
			},
		})
	}
	for i := range benchGroups {
		c.groups = append(c.groups, directory.Object{ID: directory.NewID(), Kind: directory.Group, State: directory.Active, Attrs: attr.Set{"name": {fmt.Sprint("group", i)}}})
		members := map[directory.ID]bool{}
		for len(members) < benchMembers {
			members[c.people[random.IntN(benchPeople)].ID] = true
		}
		list := make([]directory.ID, 0, benchMembers)
		for m := range members {
			list = append(list, m)
		}
		c.members = append(c.members, list)
	}
	return c
}

func (c company) put(b *testing.B, s *store.Store) (entries, edges time.Duration) {
	begun := time.Now()
	for i := 0; i < len(c.people); i += 500 {
		update(b, s, func(ctx context.Context, tx directory.Tx) error {
			if err := tx.PutObjects(ctx, c.people[i:i+500]...); err != nil {
				return err
			}
			return tx.PutRecords(ctx, c.records[i:i+500]...)
		})
	}
	for g := range slices.Chunk(c.groups, 500) {
		update(b, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutObjects(ctx, g...) })
	}
	entries = time.Since(begun)
	begun = time.Now()
	for i := 0; i < len(c.groups); i += 10 {
		update(b, s, func(ctx context.Context, tx directory.Tx) error {
			for j := i; j < i+10; j++ {
				if err := tx.PutEdges(ctx, c.groups[j].ID, c.members[j], nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return entries, time.Since(begun)
}

func BenchmarkIngest(b *testing.B) {
	c := newCompany()
	databases(b, func(b *testing.B, s *store.Store) {
		for range b.N {
			entries, edges := c.put(b, s)
			b.ReportMetric(float64(len(c.people))/entries.Seconds(), "entries/s")
			b.ReportMetric(float64(benchGroups*benchMembers)/edges.Seconds(), "edges/s")
			entries, edges = c.put(b, s)
			b.ReportMetric(float64(len(c.people))/entries.Seconds(), "same-entries/s")
			b.ReportMetric(float64(benchGroups*benchMembers)/edges.Seconds(), "same-edges/s")
		}
	})
}

func BenchmarkJournal(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		var epoch int64
		update(b, s, func(ctx context.Context, tx directory.Tx) (err error) {
			epoch, err = link.In(tx).Lead(ctx, "wiki")
			return err
		})
		b.ResetTimer()
		n := 0
		begun := time.Now()
		for range b.N {
			for range 20 {
				slice(b, s, epoch, 128)
				n += 128
			}
		}
		b.ReportMetric(float64(n)/time.Since(begun).Seconds(), "intents/s")
	})
}

// slice begins and settles n intents, as the engine does around its calls.
func slice(b *testing.B, s *store.Store, epoch int64, n int) {
	intents, outcomes := make([]link.Intent, n), make([]link.Outcome, n)
	now := time.Now()
	for i := range n {
		o := directory.NewID()
		want := attr.Set{"userName": {string(o)}, "displayName": {"Somebody"}, `emails[type eq "work"].value`: {string(o) + "@example.com"}}
		intents[i] = link.Intent{
			ID: string(directory.NewID()), Target: "wiki", Object: o, Kind: connector.User, Verb: connector.Create, Run: "run", Line: string(o),
			Class: link.Creates, Count: 1, Absent: true, Active: true, Want: want, At: now,
		}
		outcomes[i] = link.Outcome{Intent: intents[i].ID, Result: link.Done, Answer: "201", At: now, Clear: true, Link: &link.Link{
			Target: "wiki", Object: o,
			Kind: connector.User, Remote: connector.RemoteID("r" + o), State: link.Linked, Origin: link.Created, Active: true, Applied: want, Since: now, Confirmed: now,
		}}
	}
	update(b, s, func(ctx context.Context, tx directory.Tx) error { return link.In(tx).Begin(ctx, epoch, intents...) })
	update(b, s, func(ctx context.Context, tx directory.Tx) error { return link.In(tx).Settle(ctx, outcomes...) })
}

func BenchmarkWant(b *testing.B) {
	c := newCompany()
	databases(b, func(b *testing.B, s *store.Store) {
		begun := time.Now()
		for range b.N {
			for i := range 500 {
				edges := make([]link.Edge, benchMembers)
				for j, m := range c.members[i] {
					edges[j] = link.Edge{Target: "wiki", Group: c.groups[i].ID, Member: m, Wanted: true}
				}
				update(b, s, func(ctx context.Context, tx directory.Tx) error {
					_, err := link.In(tx).Want(ctx, edges...)
					return err
				})
			}
		}
		b.ReportMetric(float64(500*benchMembers*b.N)/time.Since(begun).Seconds(), "edges/s")
	})
}
