package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/connector"
)

var manners = level{
	name:  "L8 manners",
	story: "A guest keeps secrets, does not ask ten times what one question answers, and turns off the light.",
	checks: []check{
		{
			name: "no secret in errors",
			rule: "no error holds a token or password, whatever goes wrong: errors are logged, stored and shown.",
			run:  secretsInErrors,
		}, {
			name: "no secret in logs",
			rule: "neither logs at the finest level nor transcripts hold a token or password.",
			run:  secretsInOutput,
		}, {
			name: "request budget",
			rule: "operations take few requests: services charge for each, and a hundred thousand people are many.",
			run:  requestBudget,
		}, {
			name: "no retries",
			rule: "a connector does not retry: the engine does, and knows who is waiting.",
			run:  noRetries,
		}, {
			name: "no goroutine left",
			rule: "what a connector starts has ended when the method returns.",
			run:  noGoroutine,
		},
	},
}

// troubles makes everything go wrong in turn and returns the errors by what led to them.
func (k *kit) troubles() map[string]error {
	k.Helper()
	out := map[string]error{}
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	for _, f := range []Fault{Broken, Cut, Lost, HTML, Slow, Throttled} {
		k.fault(f)
		for _, c := range calls {
			ctx, cancel := context.WithTimeout(k.ctx, 20*time.Millisecond)
			out[c.name+" with "+string(f)] = c.do(ctx)
			cancel()
		}
	}
	k.fault(None)
	for field, bad := range map[string]connector.Connector{
		"credentials": k.s.Bad.Credentials, "host": k.s.Bad.Host, "address": k.s.Bad.Address,
	} {
		if bad == nil {
			continue
		}
		_, err := bad.Check(k.ctx)
		out["Check with bad "+field] = err
		_, err = bad.Apply(k.ctx, k.userOp(k.name("trouble")))
		out["Create with bad "+field] = err
	}
	return out
}

func secretsInErrors(k *kit) {
	k.haveSecrets()
	for what, err := range k.troubles() {
		k.hidden(fmt.Sprintf("%v %+v %#v", err, err, fmt.Sprint(err)), "the error of "+what)
	}
}

func secretsInOutput(k *kit) {
	k.haveSecrets()
	if k.s.Output == nil {
		k.failf("Sandbox.Output is nil: give it, or say in Sandbox.Skip why not")
	}
	k.troubles()
	out := k.s.Output()
	k.hidden(out, "the output")
}

func (k *kit) haveSecrets() {
	k.Helper()
	if len(k.s.Secrets) == 0 {
		k.failf("Sandbox.Secrets is empty: name the token, or say in Sandbox.Skip why there is none")
	}
}

func (k *kit) hidden(text, where string) {
	k.Helper()
	for i, s := range k.s.Secrets {
		if s != "" && strings.Contains(text, s) {
			k.failf("secret number %d stands in %s: %s", i+1, where, strings.ReplaceAll(text, s, "[here]"))
		}
	}
}

// spent returns how many requests do takes.
func (k *kit) spent(do func()) int {
	k.Helper()
	if k.s.Requests == nil {
		k.failf("Sandbox.Requests is nil: give it, or say in Sandbox.Skip why not")
	}
	before := k.s.Requests()
	do()
	return k.s.Requests() - before
}

func (k *kit) within(budget int, what string, do func()) {
	k.Helper()
	if n := k.spent(do); n > budget {
		k.failf("%s took %d requests, at most %d are due", what, n, budget)
	}
}

func requestBudget(k *kit) {
	b := k.s.Budget
	k.within(b.Check, "Check", func() { k.features() })
	var r connector.Remote
	k.within(b.Write, "Create", func() { r = k.user("anna") })
	k.within(b.Get, "Get", func() { r = k.get(r) })
	k.within(b.Write, "Update", func() { k.apply(update(r, k.s.Words.Text[0], "Other")) })
	if f, ok := k.c.(connector.Finder); ok && needFind(k) == "" {
		k.within(b.Find, "Find", func() {
			_, err := f.Find(k.ctx, connector.User, k.s.Words.Login, r.Attrs.First(k.s.Words.Login))
			k.ok(err, "Find")
		})
	}
	if k.features().Disable {
		k.within(b.Write, "Disable", func() { k.apply(on(r, connector.Disable)) })
	}
	k.seed(connector.User, 2*k.s.Page)
	pages := len(k.list(connector.User))/k.s.Page + 2
	k.within(pages, "List", func() { k.list(connector.User) })
}

func noRetries(k *kit) {
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	k.fault(Broken)
	for _, c := range calls {
		most := 1
		if c.name == "Check" {
			most = k.s.Budget.Check
		}
		k.within(most, c.name+" of a service that answers 500", func() { k.unclassified(c.do(k.ctx), c.name) })
	}
}

func noGoroutine(k *kit) {
	r := k.get(k.user("anna"))
	calls := append(k.reads(r), k.writes(r)...)
	k.seed(connector.User, 3)
	before := started()
	stop := errors.New("enough")
	if err := k.c.List(k.ctx, connector.User, func(connector.Remote) error { return stop }); err == nil {
		k.failf("List went on after an error of yield")
	}
	for _, f := range []Fault{Slow, Cut, Lost, None} {
		k.fault(f)
		for _, c := range calls {
			ctx, cancel := context.WithTimeout(k.ctx, 20*time.Millisecond)
			if err := c.do(ctx); err == nil && f == Slow {
				k.failf("%s of a service that does not answer: no error", c.name)
			}
			cancel()
		}
	}
	if left := remaining(before, 2*time.Second); left != "" {
		k.failf("a goroutine is left:\n%s", left)
	}
}
