package app

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A guard knows who must not be closed: owners of Muster, the accounts by which it reads the sources, and those whose tokens open the targets.
type guard struct {
	owners map[directory.ID]bool
	binds  map[string]string // account of a source
	tokens map[string]string // user name, email or id of the owner of the token of a target
}

func (m *Muster) guard(ctx context.Context) (guard, error) {
	g := guard{owners: map[directory.ID]bool{}, binds: map[string]string{}, tokens: map[string]string{}}
	for _, s := range m.read() {
		g.binds[s.Name] = s.LDAP.Bind
	}
	for _, t := range m.File.Targets {
		if t.TokenOwner != "" {
			g.tokens[t.Name] = t.TokenOwner
		}
	}
	return g, m.Store.View(ctx, func(v directory.Reader) error {
		grants, err := access.Of(v).Grants(ctx, "")
		for _, x := range grants {
			g.owners[x.Person] = g.owners[x.Person] || x.Role == access.Owner
		}
		return err
	})
}

// protect returns why a run must not close somebody, as they stood when Muster was started.
func (m *Muster) protect(ctx context.Context) (func(directory.Object, []directory.Record) string, error) {
	g, err := m.guard(ctx)
	return func(o directory.Object, records []directory.Record) string {
		why, _ := g.why(o, records)
		return why
	}, err
}

// why says why o must not be closed, and what must be changed so that they may; "" = they may.
func (g guard) why(o directory.Object, records []directory.Record) (why, fix string) {
	if g.owners[o.ID] {
		return "this person owns this Muster: no run closes their account", "Make somebody else the owner, take the role from this person, and close them then."
	}
	for _, rec := range records {
		if bind := g.binds[rec.Source]; bind != "" && (strings.EqualFold(rec.Name, bind) || strings.EqualFold(rec.Attrs.First(attr.Path("userprincipalname")), bind)) {
			return "Muster reads " + rec.Source + " with this account: no run closes it",
				"Give the source " + rec.Source + " another account (bind and password in the configuration), start Muster anew, and close this one then."
		}
	}
	for target, owner := range g.tokens {
		if strings.EqualFold(o.Handle(), owner) || strings.EqualFold(o.Attrs.First(directory.Email), owner) {
			return g.token(target)
		}
	}
	return "", ""
}

func (g guard) token(target string) (why, fix string) {
	return "the token with which Muster serves " + target + " is theirs: without their account nobody there could be closed any more",
		"Give the target " + target + " the token of another account (token and token_owner in the configuration), start Muster anew, and close this one then."
}

// ofAccount is why for an account at a target, by its id or its name.
func (g guard) ofAccount(target string, names ...string) (why, fix string) {
	for _, name := range names {
		if name != "" && strings.EqualFold(g.tokens[target], name) {
			return g.token(target)
		}
	}
	return "", ""
}

func protectedProblem(name, why, fix string) error {
	if why == "" {
		return nil
	}
	return &run.Problem{Code: adminapi.Protected, What: fmt.Sprintf("%s is protected", name), Why: why, Now: "Nothing was changed, and nothing was sent.", Fix: fix}
}
