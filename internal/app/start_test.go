package app

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

// A clockwork stands for the clock of approvals that begin later: what waits for it goes on when the test says so.
type clockwork struct {
	d time.Duration
	f func()
}

func (c *clockwork) wait(d time.Duration, f func()) func() bool {
	c.d, c.f = d, f
	return func() bool { return true }
}

// planned opens a Muster whose first plan waits for the creation of ann.
func planned(t *testing.T, options cli.Options, clock *clockwork) (m *Muster, owner access.Caller) {
	t.Helper()
	m, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	m.starts.wait = clock.wait
	if owner, _, err = m.Keeper.Owner(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m, owner
}

// III.5: an approval that begins later is decided when it begins, not before: it can be taken back, a process that ends in between has begun nothing and says
// so, whoever may not approve any more does not, and each is recorded.
func TestApproveLater(t *testing.T) {
	dir, site := ldaptest.NewServer(t, firstCompany), scimtest.NewServer(t, scimtest.Config{Token: "token"})
	folder := t.TempDir()
	for name, text := range map[string]string{"password": "first-secret-password", "token": "token", "muster.yaml": fmt.Sprintf(`
sources: [{name: corp, type: ldap, servers: [%q], bind: muster@corp.example, password: {file: password}, people: {base: "OU=People,DC=corp,DC=example"}}]
targets: [{name: wiki, type: scim, mode: live, settings: {url: %q, token: {file: token}}, people: {attributes: {userName: person.username}}}]
network: {allow: [loopback]}
`, dir.URL(), site.URL)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clock := &clockwork{}
	options := cli.Options{ConfigFile: filepath.Join(folder, "muster.yaml"), Data: filepath.Join(folder, "data"), Log: slog.New(slog.DiscardHandler)}
	m, owner := planned(t, options, clock)
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := t.Context()
	started, err := m.Sync(ctx, adminapi.SyncRequest{}, owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range started.Runs {
		if _, err := m.Run(ctx, id, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	p, err := m.Plan(ctx, "wiki")
	if err != nil {
		t.Fatal(err)
	}
	later := adminapi.Approval{Count: p.People, After: 10}
	stands := func(status run.Status, state string) {
		t.Helper()
		at, err := m.Start(ctx, p.ID)
		now, perr := m.Plan(ctx, p.ID)
		if err != nil || perr != nil || at.State != state || now.Status != status {
			t.Errorf("the plan is %s and its start %+v, want %s and %s (%v, %v)", now.Status, at, status, state, err, perr)
		}
	}
	refused := func(code string, err error) {
		t.Helper()
		if problem := (*run.Problem)(nil); !errors.As(err, &problem) || problem.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	approve := func() {
		t.Helper()
		if d, err := m.Approve(ctx, p.ID, later, owner); err != nil || d.Start == nil || d.Start.State != "waiting" || clock.d != 10*time.Second {
			t.Fatalf("%+v, %v, after %s", d, err, clock.d)
		}
		stands(run.Waiting, "waiting")
	}
	stands(run.Waiting, "none")
	_, err = m.Approve(ctx, p.ID, adminapi.Approval{Count: p.People + 1, After: 10}, owner)
	refused("count_mismatch", err)
	_, err = m.CancelStart(ctx, p.ID, owner)
	refused(adminapi.Conflict, err)

	approve()
	_, err = m.Approve(ctx, p.ID, later, owner)
	refused(adminapi.Conflict, err)
	if _, err := m.CancelStart(ctx, p.ID, owner); err != nil {
		t.Error(err)
	}
	clock.f() // too late
	stands(run.Waiting, "cancelled")

	approve()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	clock.f() // of a process that is gone
	m, owner = planned(t, options, clock)
	stands(run.Waiting, "lost")

	approve()
	m.starts.plans[p.ID].epoch-- // they were deactivated meanwhile
	clock.f()
	stands(run.Waiting, "failed")

	approve()
	clock.f()
	if at, err := m.Start(ctx, p.ID); err != nil || at.State != "begun" {
		t.Errorf("%+v, %v", at, err)
	}
	if now, err := m.Plan(ctx, p.ID); err != nil || now.Status == run.Waiting {
		t.Errorf("%s, %v", now.Status, err)
	}
	_, err = m.CancelStart(ctx, p.ID, owner)
	refused(adminapi.Conflict, err)
	counted := map[string]int{}
	events, err := m.Events(ctx, run.EventQuery{Object: p.ID, Limit: 50})
	for _, e := range events {
		counted[e.Act]++
	}
	if err != nil || counted[startGiven] != 4 || counted[startTaken] != 1 || counted[startFailed] != 1 || counted["first.approve"] != 1 {
		t.Errorf("recorded: %v, %v", counted, err)
	}
}
