package connector

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
)

// A Prober can find out what a tenant really supports, against what is written of its service.
type Prober interface {
	// Probe reads what the service says of itself. With an account, an address that nobody has there, it also makes a throw-away account of that name,
	// disabled, reads, changes and disables it, and deletes it where the service can. Whatever happens, it tries to leave nothing behind that may
	// sign in. A fact that could not be looked at stays as it was written. On error nothing is proven.
	Probe(ctx context.Context, account string) (Probe, error)
}

// A Probe is what is known of a tenant.
type Probe struct {
	At       time.Time `json:"at,omitzero"`
	Account  string    `json:"account,omitempty"` // the throw-away account; "" = none was made
	Left     string    `json:"left,omitempty"`    // what of it remains at the service
	Features Features  `json:"features"`          // as Check stated them
	Facts    []Fact    `json:"facts"`
}

// A Fact is something that is written of a service, and perhaps shown by a tenant.
type Fact struct {
	Name    string  `json:"name"`             // a flag of the dialect: "delete"; with an attribute: "user_match userName"
	Says    string  `json:"says"`             // its value: "hard"
	Source  string  `json:"source,omitempty"` // where that is written
	Finding Finding `json:"finding"`
	Found   string  `json:"found,omitempty"` // what the tenant showed
}

// A Finding is how sure a fact is.
type Finding string

// The findings.
const (
	Documented   Finding = "documented"   // the vendor says so
	Unverified   Finding = "unverified"   // nobody says so in public
	Verified     Finding = "verified"     // the tenant does so
	Contradicted Finding = "contradicted" // the tenant does otherwise
)

// Settle notes what the tenant showed of the fact called name. A fact that is not among those of p is not noted.
func (p *Probe) Settle(name string, as Finding, found string) {
	for i := range p.Facts {
		if p.Facts[i].Name == name {
			p.Facts[i].Finding, p.Facts[i].Found = as, found
		}
	}
}

// Merge returns p with what older had found of facts that p did not look at, as long as the dialect still says the same.
func (p Probe) Merge(older Probe) Probe {
	p.Facts = slices.Clone(p.Facts)
	for i, f := range p.Facts {
		looked := f.Finding == Verified || f.Finding == Contradicted
		for _, o := range older.Facts {
			if found := o.Finding == Verified || o.Finding == Contradicted; !looked && found && o.Name == f.Name && o.Says == f.Says {
				p.Facts[i].Finding, p.Facts[i].Found = o.Finding, o.Found
			}
		}
	}
	if p.Account == "" {
		p.Account, p.Left = older.Account, older.Left
	}
	return p
}

// Correct returns f as the tenant has shown it to be, where it does otherwise than is written of the service.
func (p Probe) Correct(f Features) Features {
	f.Notes = maps.Clone(f.Notes)
	for _, fact := range p.Facts {
		if fact.Finding != Contradicted {
			continue
		}
		note := ""
		switch name, of, _ := strings.Cut(fact.Name, " "); name {
		case "create_disabled":
			f.CreateDisabled, note = false, name
		case "deactivate":
			f.Disable, note = false, "disable"
		case "delete":
			f.DeleteUser, note = false, "delete_user"
		case "disabled_gone":
			f.DisabledGone = fact.Says != "true"
		case "user_match":
			f.FindBy = slices.DeleteFunc(slices.Clone(f.FindBy), func(p attr.Path) bool { return string(p) == of })
		}
		if note != "" {
			if f.Notes == nil {
				f.Notes = map[string]string{}
			}
			f.Notes[note] = "a test of this tenant showed otherwise than is written: " + cmp.Or(fact.Found, "it does not")
		}
	}
	return f
}
