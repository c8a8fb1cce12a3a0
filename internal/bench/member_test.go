package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muster/internal/app"
	"muster/internal/run"
)

// BenchmarkMember adds one member to a small group and to a large one: it is one call each, and what Muster takes for it besides does not grow.
func BenchmarkMember(b *testing.B) {
	small, large := 1000, 50_000
	if text := os.Getenv("MUSTER_BENCH_PEOPLE"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 100 {
			b.Fatalf("MUSTER_BENCH_PEOPLE=%s: want a number from 100 on", text)
		}
		large = max(2*small, n/2)
	}
	for range b.N {
		few, many := oneMember(b, small), oneMember(b, large)
		b.ReportMetric(few.own()*1000, "ms-small")
		b.ReportMetric(many.own()*1000, "ms-large")
		b.ReportMetric(many.own()/few.own(), "of-small")
		figures.add(fmt.Sprintf("one member added to a group of %d, our own time", large), fmt.Sprintf("%.0f ms", many.own()*1000),
			fmt.Sprintf("%.0f ms = a group of %d", few.own()*1000, small), fmt.Sprintf("%.2f", many.own()/few.own()), "flat")
		figures.add("  requests, the check of the service included", fmt.Sprint(many.Calls), fmt.Sprint(few.Calls), "", "as few")
		figures.add("  peak memory", megabytes(many.Peak), megabytes(few.Peak), "", "")
	}
}

// own is the time that a run took without its calls.
func (r result) own() float64 { return r.Seconds - r.Outward }

// oneMember brings a group of n in step with a target, has one person join it, and serves that.
func oneMember(tb testing.TB, n int) result {
	tb.Helper()
	w := newWorld(tb, size{people: n, groups: 1, members: n})
	text, err := os.ReadFile(w.path("muster.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	config, _, _ := strings.Cut(string(text), "\n  - name: slow")
	w.write(tb, "muster.yaml", config+"    groups:\n      when_removed: delete\n      attributes: {displayName: group.name}\n")
	w.served(tb, "fast")
	dn := personDN(n)
	w.slapd.Add(dn, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "uid": {fmt.Sprintf("p%06d", n)}, "cn": {"New"}, "sn": {"New"}, "mail": {"new@example.com"}, "displayName": {"New"},
	})
	child(tb, "read", w.muster("", "-hired"))
	child(tb, "follow", w.muster("fast", "-hired"))
	w.slapd.AddMembers("cn=group00000,ou=Groups,"+base, dn)
	child(tb, "read", w.muster("", "-joined"))
	before := w.fast.requests(tb)
	r := child(tb, "member", w.muster("fast", fmt.Sprintf("-member-%d", n)))
	r.Calls = w.fast.requests(tb) - before
	if r.Counts["members_added"] != 1 || r.Counts["members_removed"]+r.Counts["created"]+r.Counts["updated"] > 0 {
		tb.Fatalf("one member was added, and the run counts %v", r.Counts)
	}
	return r
}

// serveMember serves what has changed, and tells how long its calls took.
func serveMember(ctx context.Context, t task) (result, error) {
	var id string
	r, err := within(ctx, t, func(m *app.Muster) (run.Run, error) {
		done, err := m.Engine.Follow(ctx, t.Target, "")
		id = done.ID
		return done, err
	})
	if err != nil {
		return r, err
	}
	n, seconds, err := writes(ctx, t.Data, id)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d writes, want 1", n)
	}
	r.Outward = seconds
	return r, err
}

// writes asks the journal how many calls a run made, and how long they took.
func writes(ctx context.Context, data, id string) (n int, seconds float64, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "muster.db")+"?mode=ro")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var us int64
	err = db.QueryRowContext(ctx, "select count(*), coalesce(sum(took), 0) from journal where run = ?", id).Scan(&n, &us)
	return n, float64(us) / 1e6, err
}

// TestMember tells the story at a tiny size: the number of requests is checked, no time is.
func TestMember(t *testing.T) {
	few, more := oneMember(t, 20), oneMember(t, 300)
	if few.Calls != more.Calls {
		t.Errorf("a member more took %d requests in a group of 20 and %d in one of 300", few.Calls, more.Calls)
	}
	figures = nil
}
