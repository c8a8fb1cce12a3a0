package scimapi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// prepared returns a name as it compares, case aside: that of a person without blanks around it and with narrow letters for wide ones, in the manner of
// UsernameCaseMapped (RFC 8265), for they look alike. What a client sent stays as it is in its document.
func prepared(kind directory.Kind, name string) string {
	if kind != directory.Person {
		return name
	}
	return strings.TrimSpace(narrow(name))
}

func narrow(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return width.Fold.String(text)
		}
	}
	return text
}

// sameName reports whether a resource has a name.
func sameName(r inbound.Resource, name string) bool {
	return filter.Fold(prepared(r.Kind, r.Handle)) == filter.Fold(prepared(r.Kind, name))
}

// visible refuses a new name that people cannot see, or cannot tell from another by looking.
func visible(t *scim.Type, name string) error {
	if strings.TrimSpace(name) == "" {
		return scim.Errorf(scim.InvalidValue, "%s is blank", handleName(t))
	}
	if kindOf(t) != directory.Person {
		return nil
	}
	for _, c := range name {
		if unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return scim.Errorf(scim.InvalidValue, "%s holds U+%04X, which nobody sees: leave it out", handleName(t), c)
		}
	}
	return nil
}

// unlike refuses a new name that is that of somebody else, once both are prepared. Those who have it letter by letter are found elsewhere.
func (w *writer) unlike(t *scim.Type, r inbound.Resource, name string, bind directory.ID) error {
	if r.Kind != directory.Person || filter.Fold(r.Handle) == filter.Fold(name) {
		return nil
	}
	found, err := w.tx.ObjectsByHandle(w.ctx, directory.Person, []string{r.Handle})
	for _, o := range found {
		if o.ID != r.Object && o.ID != bind {
			return taken(t, handleName(t), name)
		}
	}
	return err
}
