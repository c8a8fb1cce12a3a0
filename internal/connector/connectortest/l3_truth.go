package connectortest

import (
	"fmt"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
)

var truth = level{
	name:  "L3 truth",
	story: "After success there is nothing left to do. Whatever a name looks like, the plan after the write is empty, or people would see the same change every day.",
	checks: []check{
		{
			name: "odd values",
			rule: "what was written is what is read, as Normalize foretells it; a value that the service cannot hold is named by Normalize beforehand.",
			run:  func(k *kit) { k.oddValues(false) },
		}, {
			name: "odd values in an update",
			rule: "what was written is what is read, as Normalize foretells it; a value that the service cannot hold is named by Normalize beforehand.",
			run:  func(k *kit) { k.oddValues(true) },
		}, {
			name: "empty values",
			rule: "a path with no values clears the attribute, and so does a lone empty text; afterwards it reads as empty.",
			run:  emptyValues,
		}, {
			name: "normalize is pure",
			rule: "Normalize changes neither its argument nor its mind: what it returns is in the service's form already.",
			run:  normalizePure,
		}, {
			name: "nothing changed",
			rule: "writing what the service holds already succeeds and changes nothing.",
			run: func(k *kit) {
				r := k.get(k.user("anna"))
				k.apply(update(r, k.s.Words.Text[0], r.Attrs.First(k.s.Words.Text[0])))
				k.holds(k.get(r), r.Attrs, "after an update with equal values")
			},
		},
	},
}

// odd returns texts that services stumble over.
func odd() map[string]string {
	return map[string]string{
		"umlauts":        "Zoë Müßig-Łukasiewicz",
		"decomposed":     "Zoe\u0308 Mu\u0308ller",
		"other scripts":  "山田 太郎 عمر Ωμέγα",
		"emoji":          "Anna 👩🏽‍🚀",
		"upper case":     "ANNA BERG",
		"200 characters": strings.Repeat("äbc ", 49) + "äbcd",
		"quotes":         `Anna "the \ boss" O'Neil`,
		"query signs":    "50% & more + ? # / = ; <b>",
		"spaces around":  "  Anna  ",
		"inner spaces":   "Anna  Berg",
	}
}

func (k *kit) oddValues(later bool) {
	k.Helper()
	p := k.s.Words.Text[1]
	for name, text := range odd() {
		op := k.userOp(k.name("odd-" + strings.ReplaceAll(name, " ", "-")))
		odd := op.Want.Clone()
		odd[p] = attr.Values{text}
		if !later {
			op.Want = odd
		}
		r, err := k.c.Apply(k.ctx, op)
		if err == nil {
			k.note(r.Kind, r.ID)
			if later {
				up := update(r, p, text)
				r, err = k.c.Apply(k.ctx, up)
			}
		}
		if err != nil {
			if !k.foretold(odd, p) {
				k.failf("%s (%q): %v; and Normalize did not name it as a problem", name, text, err)
			}
			continue
		}
		k.holds(r, odd, name+": what Apply returned")
		k.holds(k.get(r), odd, name+": what Get returned")
	}
}

// foretold reports whether Normalize says that the service cannot hold want at p.
func (k *kit) foretold(want attr.Set, p attr.Path) bool {
	n, ok := k.c.(connector.Normalizer)
	if !ok {
		return false
	}
	_, problems := n.Normalize(connector.User, want.Clone())
	for _, x := range problems {
		if x.Path == p {
			return true
		}
	}
	return false
}

func emptyValues(k *kit) {
	for name, empty := range map[string]attr.Values{"no values": {}, "nil": nil, "a lone empty text": {""}} {
		for _, p := range k.s.Words.Text {
			r := k.user(fmt.Sprintf("empty-%d", len(k.made)))
			k.apply(update(r, p, "something"))
			r = k.get(r)
			if got := k.apply(update(r, p, empty...)); !got.Attrs[p].Equal(nil) {
				k.failf("clearing %s by %s: Apply returned %q", p, name, got.Attrs[p])
			}
			if got := k.get(r); !got.Attrs[p].Equal(nil) {
				k.failf("clearing %s by %s: Get returns %q", p, name, got.Attrs[p])
			}
		}
	}
	op := k.userOp(k.name("born-empty"))
	op.Want[k.s.Words.Text[0]] = attr.Values{""}
	if r := k.create(op); !r.Attrs[k.s.Words.Text[0]].Equal(nil) {
		k.failf("created with an empty %s: Apply returned %q", k.s.Words.Text[0], r.Attrs[k.s.Words.Text[0]])
	}
}

func normalizePure(k *kit) {
	n, ok := k.c.(connector.Normalizer)
	if !ok {
		k.Skipf("the connector is no Normalizer: it says that the service stores values as they are")
	}
	for name, text := range odd() {
		want := k.s.Words.User(text)
		want[k.s.Words.Text[0]] = attr.Values{text}
		asked := want.Clone()
		once, _ := n.Normalize(connector.User, want)
		if !want.Equal(asked) {
			k.failf("%s: Normalize changed its argument", name)
		}
		twice, problems := n.Normalize(connector.User, once.Clone())
		if !twice.Equal(once) || len(problems) > 0 {
			k.failf("%s: Normalize of its own result differs: %v, problems %v", name, attr.Diff(once, twice), problems)
		}
	}
}
