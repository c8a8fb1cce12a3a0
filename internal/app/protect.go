package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A guard knows who must not be closed: owners of Muster, the accounts by which it reads the sources, those whose tokens open the targets, and whom the
// configuration names.
type guard struct {
	owners map[directory.ID]bool
	binds  map[string]string   // account of a source
	tokens map[string]string   // user name, email or id of the owner of the token of a target
	named  map[string][]string // by target, "" = everywhere: user names, emails, DNs, ids and names of accounts
}

func (m *Muster) guard(ctx context.Context) (guard, error) {
	g := guard{owners: map[directory.ID]bool{}, binds: map[string]string{}, tokens: map[string]string{}, named: map[string][]string{"": m.File.Protected}}
	for _, s := range m.read() {
		g.binds[s.Name] = s.LDAP.Bind
	}
	for _, t := range m.File.Targets {
		g.named[t.Name] = t.Protected
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

// protect returns why a run must not close somebody at a target, as they stood when Muster was started.
func (m *Muster) protect(ctx context.Context) (func(string, directory.Object, []directory.Record, link.Link) string, error) {
	g, err := m.guard(ctx)
	return func(target string, o directory.Object, records []directory.Record, have link.Link) string {
		why, _ := g.at(target, o, records, have)
		return why
	}, err
}

// at is why for a target where o has an account, or none.
func (g guard) at(target string, o directory.Object, records []directory.Record, have link.Link) (why, fix string) {
	if why, fix = g.why(o, records); why != "" {
		return why, fix
	}
	names := namesOf(o, records)
	if have.Remote != "" {
		account := []string{string(have.Remote), have.Applied.First("userName")}
		if why, fix = g.ofToken(target, account...); why != "" {
			return why, fix
		}
		names = append(names, account...)
	}
	return g.listed(target, names...)
}

// namesOf is what somebody may be called in a list of people.
func namesOf(o directory.Object, records []directory.Record) []string {
	out := []string{o.Handle(), o.Attrs.First(directory.Email)}
	for _, rec := range records {
		out = append(out, rec.Name)
	}
	return out
}

// listed says why somebody must not be closed who has one of names in a list of the configuration: that of a target, or with target "" the one for all.
func (g guard) listed(target string, names ...string) (why, fix string) {
	for _, name := range g.named[target] {
		if !slices.ContainsFunc(names, func(n string) bool { return n != "" && strings.EqualFold(n, name) }) {
			continue
		}
		where := "target " + target
		if target == "" {
			where = "the configuration"
		}
		return "they are on the list of " + where + " of those whom nobody closes (protected: " + name + ")",
			"Take " + name + " out of that list (protected in the configuration), start Muster anew, and close them then."
	}
	return "", ""
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
	return g.listed("", namesOf(o, records)...)
}

func (g guard) token(target string) (why, fix string) {
	return "the token with which Muster serves " + target + " is theirs: without their account nobody there could be closed any more",
		"Give the target " + target + " the token of another account (token and token_owner in the configuration), start Muster anew, and close this one then."
}

// ofToken says why an account, by its id or its name, must not be closed whose token opens its target.
func (g guard) ofToken(target string, names ...string) (why, fix string) {
	for _, name := range names {
		if name != "" && strings.EqualFold(g.tokens[target], name) {
			return g.token(target)
		}
	}
	return "", ""
}

// ofAccount is why for an account at a target, by its id or its name.
func (g guard) ofAccount(target string, names ...string) (why, fix string) {
	if why, fix = g.ofToken(target, names...); why != "" {
		return why, fix
	}
	if why, fix = g.listed("", names...); why != "" {
		return why, fix
	}
	return g.listed(target, names...)
}

func protectedProblem(name, why, fix string) error {
	if why == "" {
		return nil
	}
	return &run.Problem{Code: adminapi.Protected, What: fmt.Sprintf("%s is protected", name), Why: why, Now: "Nothing was changed, and nothing was sent.", Fix: fix}
}
