package scimapi_test

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// S-NC2: names compare as UsernameCaseMapped prepares them: wide letters are narrow ones, and blanks around a name are none. They come back as they were sent.
func TestNamesThatLookAlike(t *testing.T) {
	w := newWorld(t, profile(t, "standard"))
	c := w.client("standard")
	id := c.newUser(" Ｉnm ")
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("userName") != " Ｉnm " {
		t.Errorf("came back as %q", a.at("userName"))
	}
	for _, name := range []string{"inm", "INM", "ｉｎｍ", "  inm", "inm\u3000"} {
		c.send("POST", "/Users", userBody(name)).want(409, "uniqueness")
		for f, want := range map[string][]string{"userName eq " + quote(name): {id}, "userName ne " + quote(name): {}, scim.UserURN + ":userName eq " + quote(name): {id}} {
			if got := c.send("GET", "/Users"+query("filter", f), "").want(200).list("id"); !slices.Equal(got, want) {
				t.Errorf("%s: %v", f, got)
			}
		}
	}
	for _, f := range []string{`userName sw "in"`, `userName co "ｎ"`, `userName ew "nm"`} {
		if got := c.send("GET", "/Users"+query("filter", f), "").want(200).list("id"); !slices.Equal(got, []string{id}) {
			t.Errorf("%s: %v", f, got)
		}
	}
	other := c.newUser("ben")
	c.send("PUT", "/Users/"+other, userBody("ＩＮＭ")).want(409, "uniqueness")
	c.send("PATCH", "/Users/"+other, op(`{"op":"replace","path":"userName","value":"inm "}`)).want(409, "uniqueness")
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"userName","value":"inm"}`)).want(200) // its own

	// Nobody gets a name that looks like that of an owner, or of somebody whom no client provisions.
	hand := person("cleo")
	w.write(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), hand) })
	for _, name := range []string{"ｏｗｎｅｒ", " owner", "ｃｌｅｏ "} {
		c.send("POST", "/Users", userBody(name)).want(409, "uniqueness")
		c.send("PUT", "/Users/"+other, userBody(name)).want(409, "uniqueness")
	}
}

// S-NC2: a name that cannot be seen, or holds what cannot be seen, is refused with the reason. Who has such a name since before can still be deactivated.
func TestNamesThatNobodySees(t *testing.T) {
	c := newClient(t, "entra")
	id := c.newUser("ben")
	for _, name := range []string{"   ", "\u3000", "in\u200bm", "\u202eada", "a\x00b", "a\tb", "ada\u00ad", "a\ufe0fb", "a\u2028b", "\ufeffada"} {
		c.send("POST", "/Users", userBody(name)).want(400, "invalidValue")
		c.send("PUT", "/Users/"+id, userBody(name)).want(400, "invalidValue")
		c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"userName","value":`+quote(name)+`}`)).want(400, "invalidValue")
	}
	c.send("POST", "/Groups", groupBody("  ")).want(400, "invalidValue")
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("userName") != "ben" || a.at("meta/version") != `W/"1"` {
		t.Error(a.text)
	}
	c.renamed(id, "ben", "be\u200bn")
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"active","value":false}`)).want(200)
	c.send("PUT", "/Users/"+id, userBody("be\u200bn", `"active":false`, `"title":"x"`)).want(200)
	c.send("DELETE", "/Users/"+id, "").want(204)
}

// renamed gives a resource a name that no client could give it today.
func (c *client) renamed(id, from, to string) {
	c.Helper()
	c.write(func(tx directory.Tx) error {
		r, err := inbound.In(tx).Lock(c.Context(), "entra", directory.Person, id)
		if err != nil {
			return err
		}
		r.Handle, r.Doc = to, strings.ReplaceAll(r.Doc, quote(from), quote(to))
		return inbound.In(tx).Put(c.Context(), r, nil)
	})
}
