package ldaptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// normalDN returns the form in which equal DNs are equal strings: lower case, one way to escape, no spaces around separators (RFC 4514, caseIgnoreMatch).
func normalDN(dn string) (string, error) {
	if key, ok := plainDN(dn); ok {
		return key, nil
	}
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return "", fmt.Errorf("DN %q: %w", dn, err)
	}
	rdns := make([]string, len(parsed.RDNs))
	for i, rdn := range parsed.RDNs {
		parts := make([]string, len(rdn.Attributes))
		for j, part := range rdn.Attributes {
			value := strings.ToLower(strings.Join(strings.Fields(part.Value), " "))
			if value == "" {
				return "", fmt.Errorf("DN %q: empty value", dn)
			}
			parts[j] = (&ldap.AttributeTypeAndValue{Type: strings.ToLower(part.Type), Value: value}).String()
		}
		slices.Sort(parts)
		rdns[i] = strings.Join(parts, "+")
	}
	return strings.Join(rdns, ","), nil
}

// plainDN is the quick way for the DNs that need no decoding: ASCII letters, digits and a few marks, single spaces inside values only.
func plainDN(dn string) (string, bool) {
	const atType, atValue = 0, 1
	state, start := atType, 0
	for i := range len(dn) {
		c := dn[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.':
		case c == '_' && state == atValue, c == '@' && state == atValue, c == '\'' && state == atValue:
		case c == ' ' && state == atValue && i > start && i+1 < len(dn) && dn[i+1] != ' ' && dn[i+1] != ',':
		case c == '=' && state == atType && i > start:
			state, start = atValue, i+1
		case c == ',' && state == atValue && i > start:
			state, start = atType, i+1
		default:
			return "", false
		}
	}
	return strings.ToLower(dn), state == atValue && start < len(dn)
}

// splitDN cuts a DN into its first RDN and the rest, as written.
func splitDN(dn string) (rdn, parent string) {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',', ';':
			return strings.TrimSpace(dn[:i]), strings.TrimSpace(dn[i+1:])
		}
	}
	return strings.TrimSpace(dn), ""
}

// rdnPairs returns the attributes of an RDN, names in lower case, values decoded.
func rdnPairs(rdn string) ([]Attribute, error) {
	parsed, err := ldap.ParseDN(rdn)
	if err != nil {
		return nil, fmt.Errorf("RDN %q: %w", rdn, err)
	}
	if len(parsed.RDNs) != 1 {
		return nil, fmt.Errorf("RDN %q: not one name", rdn)
	}
	var pairs []Attribute
	for _, part := range parsed.RDNs[0].Attributes {
		pairs = append(pairs, Attribute{Name: strings.ToLower(part.Type), Values: []string{part.Value}})
	}
	return pairs, nil
}
