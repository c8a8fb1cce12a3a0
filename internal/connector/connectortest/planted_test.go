package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/connector/memory"
)

const token = "s3cret-t0ken"

// A bug is a mistake that a connector could make, planted into memory. It must fail the checks named, which are of one level at least.
type bug struct {
	name    string
	checks  []string // "L4 identity/name taken"
	plant   func(*planted)
	sandbox func(*connectortest.Sandbox)
}

// planted is memory with any method replaced.
type planted struct {
	*memory.Connector
	check func(context.Context) (connector.Features, error)
	list  func(context.Context, connector.Kind, func(connector.Remote) error) error
	get   func(context.Context, connector.Kind, connector.RemoteID) (connector.Remote, error)
	apply func(context.Context, connector.Op) (connector.Remote, error)
	find  func(context.Context, connector.Kind, attr.Path, string) (connector.Remote, error)
	edges func(context.Context, connector.RemoteID, func(connector.RemoteID) error) error
	norm  func(connector.Kind, attr.Set) (attr.Set, []connector.Problem)
}

func plant(c *memory.Connector) *planted {
	return &planted{c, c.Check, c.List, c.Get, c.Apply, c.Find, c.Members, c.Normalize}
}

func (p *planted) Check(ctx context.Context) (connector.Features, error) { return p.check(ctx) }

func (p *planted) List(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
	return p.list(ctx, kind, yield)
}

func (p *planted) Get(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
	return p.get(ctx, kind, id)
}

func (p *planted) Apply(ctx context.Context, op connector.Op) (connector.Remote, error) {
	return p.apply(ctx, op)
}

func (p *planted) Find(ctx context.Context, kind connector.Kind, by attr.Path, v string) (connector.Remote, error) {
	return p.find(ctx, kind, by, v)
}

func (p *planted) Members(ctx context.Context, g connector.RemoteID, yield func(connector.RemoteID) error) error {
	return p.edges(ctx, g, yield)
}

func (p *planted) Normalize(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
	return p.norm(kind, want)
}

// sandbox opens memory with b in it.
func sandbox(b bug) func(*testing.T) connectortest.Sandbox {
	return func(*testing.T) connectortest.Sandbox {
		s := memory.NewService(token)
		open := func(s *memory.Service, token string) connector.Connector {
			p := plant(memory.Open(s, token))
			if b.plant != nil {
				b.plant(p)
			}
			return p
		}
		box := connectortest.Sandbox{
			Connector: open(s, token),
			Bad: connectortest.Bad{
				Credentials: open(s, "wr0ng"),
				Host:        open(failing(memory.Fault{Lost: true}), token),
				Address:     open(failing(memory.Fault{Status: 404}), token),
			},
			Fail:     func(f connectortest.Fault) { s.Fail(faults[f]) },
			Seed:     s.Seed,
			Login:    func(id connector.RemoteID) string { return loginOf(memory.Open(s, token), id) },
			Requests: s.Requests,
			Secrets:  []string{token, "wr0ng"},
			Output:   func() string { return "" },
			Page:     memory.PageSize,
		}
		if b.sandbox != nil {
			b.sandbox(&box)
		}
		return box
	}
}

func loginOf(c *memory.Connector, id connector.RemoteID) string {
	r, _ := c.Get(context.Background(), connector.User, id)
	return r.Attrs.First("userName")
}

func failing(f memory.Fault) *memory.Service {
	s := memory.NewService(token)
	s.Fail(f)
	return s
}

var faults = map[connectortest.Fault]memory.Fault{
	connectortest.None:          {},
	connectortest.Throttled:     {Status: 429, RetryAfter: time.Second},
	connectortest.ThrottledBare: {Status: 429},
	connectortest.Broken:        {Status: 500},
	connectortest.Cut:           {Cut: true},
	connectortest.Lost:          {Lost: true},
	connectortest.HTML:          {HTML: true},
	connectortest.Slow:          {Hang: true},
	connectortest.ShortPage:     {ShortPage: true},
}

func TestNoBugNoFailure(t *testing.T) {
	failed, skipped := connectortest.Collect(t, "", sandbox(bug{}))
	for check, why := range failed {
		t.Errorf("%s failed without a planted bug: %s", check, why)
	}
	for check, why := range skipped {
		t.Errorf("%s was skipped: %s", check, why)
	}
}

func TestEveryBugIsCaught(t *testing.T) {
	caught := map[string]bool{}
	for _, b := range bugs() {
		t.Run(b.name, func(t *testing.T) {
			for _, check := range b.checks {
				failed, _ := connectortest.Collect(t, check, sandbox(b))
				if failed[check] == "" {
					t.Errorf("%s passed; failures: %q", check, failed)
				}
				if !strings.Contains(failed[check], "rule: ") {
					t.Errorf("%s failed without the rule that was broken: %s", check, failed[check])
				}
				caught[check] = true
			}
		})
	}
	var levels []string
	for check := range caught {
		levels = append(levels, check[:2])
	}
	slices.Sort(levels)
	want := []string{"L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"}
	if got := slices.Compact(levels); !slices.Equal(got, want) {
		t.Errorf("levels with a planted bug: %v, want %v", got, want)
	}
	t.Logf("%d bugs fail %d checks", len(bugs()), len(caught))
}

// A check that cannot fail proves nothing: every one must have its bug.
func TestEveryCheckHasItsBug(t *testing.T) {
	want := map[string]bool{}
	for _, b := range bugs() {
		for _, check := range b.checks {
			want[check] = true
		}
	}
	for _, check := range connectortest.Checks() {
		if !want[check] {
			t.Errorf("no planted bug fails %q", check)
		}
		delete(want, check)
	}
	for check := range want {
		t.Errorf("a planted bug names %q, which is no check", check)
	}
}

func TestNothingIsSkippedInSilence(t *testing.T) {
	s := memory.NewService(token)
	failed, _ := connectortest.Collect(t, "", func(*testing.T) connectortest.Sandbox {
		return connectortest.Sandbox{Connector: memory.Open(s, token), Page: memory.PageSize}
	})
	for _, check := range []string{
		"L1 hello/bad credentials", "L1 hello/bad host", "L1 hello/bad address", "L7 bad days/500", "L8 manners/no secret in errors",
		"L8 manners/no secret in logs", "L8 manners/request budget",
	} {
		if !strings.Contains(failed[check], "Sandbox.") {
			t.Errorf("%s must fail and name what the sandbox lacks; got %q", check, failed[check])
		}
	}
	for check, why := range failed {
		if level := check[:2]; level >= "L2" && level <= "L6" {
			t.Errorf("%s failed on a service that outlives the checks: %s", check, why)
		}
	}
}

func TestASkipSaysWhy(t *testing.T) {
	open := sandbox(bug{sandbox: func(s *connectortest.Sandbox) {
		s.Skip = map[string]string{"L7": "no faults here", "L1/bad host": "no host"}
	}})
	failed, skipped := connectortest.Collect(t, "", open)
	if len(failed) > 0 {
		t.Errorf("failures: %q", failed)
	}
	if got := skipped["L1 hello/bad host"]; got != "declared: no host" {
		t.Errorf("skip of L1/bad host says %q", got)
	}
	for check, why := range skipped {
		if strings.HasPrefix(check, "L7") && why != "declared: no faults here" {
			t.Errorf("skip of %s says %q", check, why)
		}
	}
	if len(skipped) != 10 {
		t.Errorf("%d checks skipped, want 10: %v", len(skipped), slices.Sorted(maps.Keys(skipped)))
	}
}

func TestAFeatureNotOfferedIsSkippedWithItsReason(t *testing.T) {
	b := bug{plant: func(p *planted) {
		p.check = func(ctx context.Context) (connector.Features, error) {
			f, err := p.Connector.Check(ctx)
			f.Groups, f.MembersReadable, f.RenameGroup = false, false, false
			f.Notes = map[string]string{"groups": "people only", "members_readable": "people only", "rename_group": "people only"}
			return f, err
		}
	}}
	failed, skipped := connectortest.Collect(t, "", sandbox(b))
	if len(failed) > 0 {
		t.Errorf("failures: %q", failed)
	}
	if got := skipped["L5 groups/add and remove"]; got != "not offered: people only" {
		t.Errorf("skip says %q", got)
	}
}

// hiding answers of disabled accounts as if they were gone, until they are created again.
func hiding(declared bool) bug {
	return bug{plant: func(p *planted) {
		gone := func(r connector.Remote, err error) (connector.Remote, error) {
			if err == nil && !r.Active {
				return connector.Remote{}, connector.ErrNotFound
			}
			return r, err
		}
		p.check = func(ctx context.Context) (connector.Features, error) {
			f, err := p.Connector.Check(ctx)
			f.DisabledGone = declared
			return f, err
		}
		p.get = func(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
			return gone(p.Connector.Get(ctx, kind, id))
		}
		p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
			if op.ID != "" && op.Verb != connector.Delete && op.Verb != connector.Member {
				if _, err := p.get(ctx, op.Kind, op.ID); err != nil {
					return connector.Remote{}, err
				}
			}
			r, err := p.Connector.Apply(ctx, op)
			if op.Verb == connector.Create && err == nil && op.Active && !r.Active {
				return p.Connector.Apply(ctx, connector.Op{Verb: connector.Enable, Kind: op.Kind, ID: r.ID, Want: op.Want})
			}
			return r, err
		}
	}}
}

// R22: a service may hide disabled accounts if it says so, and only then.
func TestHiddenAccountsAreDeclared(t *testing.T) {
	failed, _ := connectortest.Collect(t, "", sandbox(hiding(true)))
	for check, why := range failed {
		t.Errorf("%s failed though the connector says that disabled accounts are hidden: %s", check, why)
	}
	failed, _ = connectortest.Collect(t, "", sandbox(hiding(false)))
	for _, check := range []string{"disable twice", "enable", "create disabled", "update of a disabled account"} {
		if failed["L2 one account/"+check] == "" {
			t.Errorf("%s passed though disabled accounts are hidden and nobody says so", check)
		}
	}
}

var errOther = errors.New("something else")

func other(err, class error) error {
	if errors.Is(err, class) {
		return fmt.Errorf("%w, %s", errOther, class.Error())
	}
	return err
}
