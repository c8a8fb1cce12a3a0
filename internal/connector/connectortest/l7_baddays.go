package connectortest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/connector"
)

var badDays = level{
	name:  "L7 bad days",
	story: "The service is down, in a hurry, behind a login page, or answers half. The connector says which, and never takes silence for an answer.",
	checks: []check{
		{
			name: "429 with Retry-After",
			rule: "429 is *RetryAfter with the time that the service asks for; it is not a failure.",
			run:  func(k *kit) { k.throttled(Throttled, time.Second) },
		}, {
			name: "429 without Retry-After",
			rule: "429 without a time is *RetryAfter with a time of the connector's choice, more than nothing and at most five minutes.",
			run:  func(k *kit) { k.throttled(ThrottledBare, time.Millisecond) },
		}, {
			name: "500",
			rule: "5xx passes: an unclassified error from every method.",
			run:  func(k *kit) { k.allUnclassified(Broken) },
		}, {
			name: "body cut",
			rule: "half an answer is none: an unclassified error from every method that reads one, and a repeated create finds what the first made.",
			run: func(k *kit) {
				k.readsUnclassified(Cut)
				k.lostCreate(Cut)
			},
		}, {
			name: "reply lost after success",
			rule: "a lost reply says nothing about the outcome: an unclassified error; with Repeat the Op then finds what it made, and never makes two.",
			run: func(k *kit) {
				k.lostCreate(Lost)
				k.lostWrites(Lost)
			},
		}, {
			name: "HTML instead of JSON",
			rule: "a login page with status 200 is ErrForeign from every method: the target is stopped, nothing is forgotten.",
			run:  foreign,
		}, {
			name: "short page",
			rule: "a page that holds less than it announces makes List fail: what is missing must not pass for gone.",
			run:  shortPage,
		}, {
			name: "ctx ends",
			rule: "every method returns within a second of the end of ctx, with an error that is ctx.Err().",
			run:  slow,
		}, {
			name: "ctx over already",
			rule: "with a ctx that is over, nothing happens and the error is ctx.Err().",
			run:  ctxOver,
		},
	},
}

// A call is one use of the connector under test.
type call struct {
	name string
	do   func(ctx context.Context) error
}

// reads returns a call of each reading method, for r and its kind.
func (k *kit) reads(r connector.Remote) []call {
	calls := []call{
		{"Check", func(ctx context.Context) error { _, err := k.c.Check(ctx); return err }},
		{"Get", func(ctx context.Context) error { _, err := k.c.Get(ctx, r.Kind, r.ID); return err }},
		{"List", func(ctx context.Context) error {
			return k.c.List(ctx, r.Kind, func(connector.Remote) error { return nil })
		}},
	}
	if f, ok := k.c.(connector.Finder); ok && needFind(k) == "" {
		calls = append(calls, call{"Find", func(ctx context.Context) error {
			_, err := f.Find(ctx, r.Kind, k.s.Words.Login, r.Attrs.First(k.s.Words.Login))
			return err
		}})
	}
	return calls
}

// writes returns a call of Apply with each verb for r.
func (k *kit) writes(r connector.Remote) []call {
	apply := func(name string, op connector.Op) call {
		return call{name, func(ctx context.Context) error { _, err := k.c.Apply(ctx, op); return err }}
	}
	f := k.features()
	calls := []call{
		apply("Create", k.userOp(k.name("another"))),
		apply("Update", update(r, k.s.Words.Text[0], "Other")),
	}
	if f.Disable {
		calls = append(calls, apply("Disable", on(r, connector.Disable)), apply("Enable", on(r, connector.Enable)))
	}
	if f.DeleteUser {
		calls = append(calls, apply("Delete", on(r, connector.Delete)))
	}
	return calls
}

func (k *kit) throttled(f Fault, atLeast time.Duration) {
	k.Helper()
	r := k.get(k.user("anna"))
	calls := []call{k.reads(r)[1], k.reads(r)[2], k.writes(r)[1]}
	k.fault(f)
	for _, c := range calls {
		err := c.do(k.ctx)
		again, ok := errors.AsType[*connector.RetryAfter](err)
		if !ok {
			k.failf("%s: got error %v, want a *RetryAfter", c.name, err)
		}
		if again.Wait < atLeast || again.Wait > 5*time.Minute {
			k.failf("%s: RetryAfter.Wait is %s, want from %s to 5m", c.name, again.Wait, atLeast)
		}
		for _, class := range classes() {
			if errors.Is(err, class) {
				k.failf("%s: the *RetryAfter is %q as well; being throttled says nothing else", c.name, class)
			}
		}
	}
	k.fault(None)
	k.get(r)
}

func (k *kit) allUnclassified(f Fault) {
	k.Helper()
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	k.fault(f)
	for _, c := range calls {
		k.unclassified(c.do(k.ctx), c.name)
	}
	k.fault(None)
	k.holds(k.get(r), r.Attrs, "the account after all failed")
}

func (k *kit) readsUnclassified(f Fault) {
	k.Helper()
	calls := k.reads(k.get(k.user("anna")))
	k.fault(f)
	for _, c := range calls {
		if c.name != "Check" { // which may need no body
			k.unclassified(c.do(k.ctx), c.name)
		}
	}
	k.fault(None)
}

func (k *kit) lostCreate(f Fault) {
	k.Helper()
	op := k.userOp(k.name("lost"))
	k.fault(f)
	_, err := k.c.Apply(k.ctx, op)
	k.unclassified(err, "Create")
	k.fault(None)
	op.Repeat = true
	r := k.create(op)
	k.holds(r, op.Want, "what the repeated Create found")
	if n := k.count(connector.User, k.s.Words.Login, op.Want.First(k.s.Words.Login)); n != 1 {
		k.failf("after %s and a repeated Create there are %d accounts, want 1", f, n)
	}
}

func (k *kit) lostWrites(f Fault) {
	k.Helper()
	off := map[string]bool{"Disable": true, "Enable": true} // of an account that may be hidden by then
	r := k.get(k.user("anna"))
	for _, c := range k.writes(r) {
		if c.name == "Create" {
			continue
		}
		k.fault(f)
		k.unclassified(c.do(k.ctx), c.name)
		k.fault(None)
		if err := c.do(k.ctx); !off[c.name] || !k.away(err) {
			k.ok(err, c.name+", told again after "+string(f))
		}
	}
}

func foreign(k *kit) {
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	k.fault(HTML)
	for _, c := range calls {
		if c.name == "Delete" { // which reads no body
			continue
		}
		k.is(c.do(k.ctx), connector.ErrForeign, c.name+" that meets a login page")
	}
}

func shortPage(k *kit) {
	for _, n := range []int{3, k.s.Page, k.s.Page + 3} {
		k.fault(None)
		k.seedMore(n)
		k.fault(ShortPage)
		seen := 0
		err := k.c.List(k.ctx, connector.User, func(connector.Remote) error { seen++; return nil })
		k.unclassified(err, fmt.Sprintf("List of a service that leaves objects out (%d yielded)", seen))
	}
}

// seedMore brings the users that the check has seeded to n.
func (k *kit) seedMore(n int) {
	k.Helper()
	have := len(k.list(connector.User))
	k.run = fmt.Sprintf("%s%d", k.run, n)
	k.seed(connector.User, max(0, n-have))
}

func slow(k *kit) {
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	k.fault(Slow)
	defer k.fault(None)
	for _, c := range calls {
		ctx, cancel := context.WithTimeout(k.ctx, 20*time.Millisecond)
		err := c.do(ctx)
		late := time.Since(deadline(ctx))
		cancel()
		if late > time.Second {
			k.failf("%s returned %s after the end of ctx", c.name, late.Round(time.Millisecond))
		}
		k.is(err, context.DeadlineExceeded, c.name+" when ctx ends while the service is silent")
	}
}

func deadline(ctx context.Context) time.Time {
	d, _ := ctx.Deadline()
	return d
}

func ctxOver(k *kit) {
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	for _, c := range calls {
		k.is(c.do(ctx), context.Canceled, c.name+" with a ctx that is over")
	}
	k.holds(k.get(r), r.Attrs, "the account after calls with a ctx that was over")
}
