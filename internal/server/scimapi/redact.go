package scimapi

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"muster/internal/scim"
)

const struck = "***" // stands where a secret was

// redact strikes secrets out of a body. One that is no whole JSON is not shown: what stands in it cannot be told.
func redact(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return "(not shown: longer than is kept, or not JSON)"
	}
	return scim.Encode(strike(v))
}

func strike(v any) any {
	switch v := v.(type) {
	case map[string]any:
		secret := false
		for k, e := range v {
			if name, ok := e.(string); ok && (strings.EqualFold(k, "path") || strings.EqualFold(k, "name")) {
				secret = secret || isSecret(name)
			}
		}
		for k, e := range v {
			if isSecret(k) || secret && strings.EqualFold(k, "value") {
				v[k] = struck
				continue
			}
			if text, ok := e.(string); ok && strings.EqualFold(k, "filter") {
				v[k] = strikeFilter(text)
				continue
			}
			v[k] = strike(e)
		}
	case []any:
		for i := range v {
			v[i] = strike(v[i])
		}
	}
	return v
}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	return name == "password" || strings.HasSuffix(name, ":password") || strings.Contains(name, "secret") || strings.HasSuffix(name, "token")
}

// secretTest is a comparison of a filter with what is secret.
var secretTest = regexp.MustCompile(`(?i)([a-z0-9_$:.-]*(?:password|secret|token)[\])]*\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)("(?:[^"\\]|\\.)*"?|[^\s)\]]+)`)

// mayCompare reports whether secretTest may match at all. That is rare, and the test is slow.
func mayCompare(text string) bool {
	low := strings.ToLower(text)
	return strings.Contains(low, "password") || strings.Contains(low, "secret") || strings.Contains(low, "token") || strings.ContainsRune(low, 'ſ') // which stands for an s
}

// strikeFilter strikes what secrets are compared with out of a filter.
func strikeFilter(text string) string {
	if !mayCompare(text) {
		return text
	}
	return secretTest.ReplaceAllString(text, "${1}"+struck)
}

// strikeQuery strikes secrets out of the query of an address: parameters that are called so, and filters. What cannot be read is not kept.
func strikeQuery(address string) string {
	path, query, ok := strings.Cut(address, "?")
	if !ok {
		return address
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		key, errKey := url.QueryUnescape(name)
		text, errText := url.QueryUnescape(value)
		switch {
		case errKey != nil, errText != nil:
			parts[i] = struck
		case isSecret(key):
			parts[i] = name + "=" + struck
		case strikeFilter(text) != text:
			parts[i] = name + "=" + strings.ReplaceAll(url.QueryEscape(strikeFilter(text)), "%2A", "*")
		}
	}
	return path + "?" + strings.Join(parts, "&")
}

// comparedSecrets returns the secrets that a request compares something with, in its query or its body.
func comparedSecrets(query string, body []byte) []string {
	var out []string
	text, err := url.QueryUnescape(query)
	if err != nil {
		text = query
	}
	text += " " + string(body)
	if !mayCompare(text) {
		return nil
	}
	for _, m := range secretTest.FindAllStringSubmatch(text, -1) {
		value := strings.TrimLeft(m[2], `"\`)
		if end := strings.IndexAny(value, `"\`); end >= 0 {
			value = value[:end]
		}
		if len(value) > 2 {
			out = append(out, value)
		}
	}
	return out
}

func strikeAll(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, struck)
	}
	return text
}
