package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/app"
	"muster/internal/cli"
)

// A service is a SCIM service in a process of its own: Muster's, or the floor.
type service struct {
	url, token string
	pid        int
}

// A provided world is an installation of Muster that an identity provider has filled.
type provided struct {
	people int
	data   string
	config string
	token  string
}

const providerConfig = "listen: 127.0.0.1:0\nsources: [{name: idp, type: scim}]\n"

// The names of the ones that all others are copies of, and of the groups of known sizes.
const (
	seedUser  = "seedseed"
	seedGroup = "herdherd"
)

// provide makes an installation with n people: one of each is made by SCIM, and copied by SQL.
func provide(tb testing.TB, n int) *provided {
	tb.Helper()
	dir := tb.TempDir()
	p := &provided{people: n, data: filepath.Join(dir, "data"), config: filepath.Join(dir, "muster.yaml")}
	if err := os.WriteFile(p.config, []byte(providerConfig), 0o600); err != nil {
		tb.Fatal(err)
	}
	s, stop := p.start(tb)
	p.token = s.token
	c := newCaller(s, 1)
	if err := errors.Join(c.create(0, seedUser), c.group(seedGroup)); err != nil {
		tb.Fatal(err)
	}
	stop()
	if err := copySeeds(tb.Context(), filepath.Join(p.data, "muster.db"), n); err != nil {
		tb.Fatal(err)
	}
	return p
}

// start serves the installation as `muster serve` does.
func (p *provided) start(tb testing.TB) (service, func()) {
	tb.Helper()
	line, pid, stop := serving(tb, "scim", task{Config: p.config, Data: p.data, Target: p.token})
	words := strings.Fields(line)
	if len(words) != 2 {
		tb.Fatalf("the service says %q", line)
	}
	return service{url: words[0], token: words[1], pid: pid}, stop
}

// serveSCIM serves Muster until standard input ends. The first time it makes the person whose token the provider uses.
func serveSCIM(ctx context.Context, t task) error {
	token := t.Target
	if token == "" {
		var err error
		if token, err = firstToken(ctx, t); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go untilEOF(stop)
	return app.App{}.Serve(ctx, cli.Options{Data: t.Data, ConfigFile: t.Config, Log: discard}, func(l cli.Listening) {
		fmt.Printf("http://%s/scim/v2 %s\n", l.Addr, token)
	})
}

// copySeeds copies the rows of one person and one group, by SQL: n people, a group for each 25 of them with two memberships for each, and two large groups.
func copySeeds(ctx context.Context, file string, n int) (err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	groups := max(2, n/25)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to roll back after a commit
	exec := func(text string) {
		if err == nil {
			if _, err = tx.ExecContext(ctx, text); err != nil {
				err = fmt.Errorf("%s: %w", text, err)
			}
		}
	}
	exec(copies(seedUser, "person", "p%07d", 0, n))
	exec(copies(seedGroup, "group", "g%07d", n, groups))
	exec(copies(seedGroup, "group", "large%d", n+groups, 2))
	exec("drop table if exists temp.copy")
	member := func(group, where string) string {
		return fmt.Sprintf("insert or ignore into edge (grp, member, rev_tx, rev_seq, removed) with recursive c (i) as (select 1 union all select i+1 from c where i < %d)"+
			" select %s, %d + i, 0, (select n from feed) + i, false from c where %s order by 1, 2", n, group, firstNode, where)
	}
	exec(member(fmt.Sprintf("%d + 1 + i %% %d", firstNode+n, groups), "true"))
	exec(member(fmt.Sprintf("%d + 1 + (i * 7 + i / %d) %% %d", firstNode+n, groups, groups), "true"))
	exec(member(fmt.Sprint(firstNode+n+groups+1), "i <= 10000"))
	exec(member(fmt.Sprint(firstNode+n+groups+2), "i <= 250000"))
	exec(fmt.Sprintf("update feed set n = n + %d", 2*n+groups+10))
	if err != nil {
		return err
	}
	return tx.Commit()
}

const firstNode = 1_000_000

// copies returns statements that copy what belongs to a seed count times, under numbers from first on.
func copies(seed, kind, name string, first, count int) string {
	swap := func(column string) string {
		return "replace(replace(" + column + ", '" + seed + "', printf('" + name + "', i)), (select id from seed), '00' || printf('%024d', " + fmt.Sprint(first) + " + i))"
	}
	number := fmt.Sprintf("%d + i", firstNode+first)
	id := fmt.Sprintf("'00' || printf('%%024d', %d + i)", first)
	rid := fmt.Sprintf("'01' || printf('%%024d', %d + i)", first)
	with := fmt.Sprintf("with recursive c (i) as (select 1 union all select i+1 from c where i < %d), seed as (select object as id, id as rid, n from resource where source = 'idp' and handle = '%s' and kind = '%s')",
		count, seed, kind)
	return strings.Join([]string{
		"insert into node (n, id) " + with + " select " + number + ", " + id + " from c",
		"insert into object (id, kind, handle, email, attrs, digest, state, cause, since, stop, epoch, actor, hash, rev_tx, rev_seq) " + with +
			" select " + id + ", kind, " + swap("handle") + ", " + swap("email") + ", " + swap("attrs") + ", digest, state, cause, since, stop, epoch, actor, hash, rev_tx, (select n from feed) + i" +
			" from c cross join seed join object o on o.id = seed.id",
		"insert into record (source, key, kind, object, base, name, name_fold, attrs, disabled, expires, expired, status, cause, since, digest, members_hash, waiting, hash) " + with +
			" select source, " + rid + ", kind, " + id + ", base, " + swap("name") + ", " + swap("name_fold") + ", " + swap("attrs") +
			", disabled, expires, expired, status, cause, since, digest, members_hash, waiting, hash from c cross join seed join record r on r.object = seed.id and r.object <> ''",
		"insert into resource (n, source, kind, id, object, handle, external, name, doc, active, version, created, modified) " + with +
			" select " + number + ", source, kind, " + rid + ", " + id + ", " + swap("handle") + ", " + swap("external") + ", " + swap("name") + ", " + swap("doc") +
			", active, version, created, modified from c cross join seed join resource r on r.n = seed.n",
		"insert into resource_value (attr, value, res, elem) " + with +
			" select attr, " + swap("value") + ", " + number + ", elem from seed join resource_value v on v.res = seed.n cross join c order by 1, 2",
		"insert into word (kind, word, handle, object) " + with +
			" select kind, " + swap("word") + ", " + swap("handle") + ", " + number + " from seed join node x on x.id = seed.id join word w on w.kind = '" + kind + "' and w.object = x.n cross join c order by 1, 2, 3",
		fmt.Sprintf("update tally set n = n + %d where about = 'resource' and sort = '%s'", count, kind),
		fmt.Sprintf("update feed set n = n + %d", count),
	}, ";\n")
}

// usage is what a process has taken.
type usage struct {
	cpu  time.Duration
	peak int // kB
}

// used asks the system for what a process has taken.
func used(tb testing.TB, pid int) usage {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	var user, system int64
	fields := strings.Fields(after)
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		tb.Fatal(err)
	}
	peak, err := peakOf(fmt.Sprint(pid))
	if err != nil {
		tb.Fatal(err)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	return usage{cpu: time.Duration(user+system) * tick, peak: peak}
}
