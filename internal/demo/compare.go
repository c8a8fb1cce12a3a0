package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// should returns the account as it must be: as it was, with the values of the directory if it is open.
func (w wanted) should(before map[string]scimtest.User) scim.Resource {
	r := scim.Resource{}
	if old, ok := before[w.account]; ok {
		r = old.Resource.Clone()
	} else if r["title"] = w.title; w.title == "" {
		r["title"] = "-"
	}
	r["active"] = w.active
	if !w.active {
		return r
	}
	r["userName"], r["displayName"], r["userType"] = w.login, w.display, "Employee"
	r["name"] = map[string]any{"givenName": w.given, "familyName": w.family}
	var mails []any
	for _, m := range anys(r["emails"]) {
		if e, ok := m.(map[string]any); ok && e["type"] != "work" {
			mails = append(mails, m)
		}
	}
	if w.mail != "" {
		mails = append(mails, map[string]any{"type": "work", "value": w.mail})
	}
	r["emails"] = mails
	return r
}

func anys(v any) []any {
	list, _ := v.([]any)
	return list
}

// differences names the attributes in which two resources differ. What a service adds by itself does not count, nor does the order of a list.
func differences(want, have scim.Resource) []string {
	var out []string
	a, b := flat(want), flat(have)
	for _, name := range slices.Sorted(maps.Keys(union(a, b))) {
		if a[name] != b[name] {
			out = append(out, fmt.Sprintf("%s is %s, not %s", name, b[name], a[name]))
		}
	}
	return out
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// flat writes each attribute of a resource as text.
func flat(r scim.Resource) map[string]string {
	out := map[string]string{}
	for name, v := range r {
		switch strings.ToLower(name) {
		case "id", "meta", "schemas", "members", "groups":
			continue
		}
		if list := anys(v); list != nil {
			v = sorted(list)
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(err.Error())
		}
		if s := string(text); s != "null" && s != `""` && s != "[]" {
			out[name] = s
		}
	}
	return out
}

// sorted writes the elements of a list, without the mark of the preferred one, in an order that does not depend on theirs.
func sorted(list []any) []string {
	var out []string
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			m = maps.Clone(m)
			delete(m, "primary")
			e = m
		}
		text, err := json.Marshal(e)
		if err != nil {
			text = []byte(err.Error())
		}
		out = append(out, string(text))
	}
	slices.Sort(out)
	return out
}
