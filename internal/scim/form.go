package scim

import (
	"strings"
)

// form checks that what is new in fresh is written as RFC 7643 §4.1.2 has it: phone numbers as "tel:…", the domain of mail addresses in lower case. Hardly
// anybody writes so; whoever is allowed gets values back as they were sent.
func (t *Type) form(old, fresh Resource, tol *Tolerances) error {
	for name, canonical := range map[string]func(string) bool{"phoneNumbers": isTel, "emails": isLowerDomain} {
		had := map[string]bool{}
		for _, e := range elements(old.Get(name)) {
			had[asObject(e).Text("value")] = true
		}
		for _, e := range elements(fresh.Get(name)) {
			value := asObject(e).Text("value")
			if value != "" && !had[value] && !canonical(value) && !tol.Use(KeepForm) {
				return Errorf(InvalidValue, "%s: %q is not in the canonical form of RFC 7643", name, value)
			}
		}
	}
	return nil
}

func isTel(v string) bool { return strings.HasPrefix(strings.ToLower(v), "tel:") }

func isLowerDomain(v string) bool {
	domain := v[strings.LastIndexByte(v, '@')+1:]
	return domain == strings.ToLower(domain)
}
