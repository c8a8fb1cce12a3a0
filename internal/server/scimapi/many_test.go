package scimapi_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
	"muster/internal/source"
)

// many provisions people without a request for each, and returns their ids.
func (c *client) many(of string, n int) []string {
	c.Helper()
	ids := make([]string, n)
	var batch source.Batch
	var list []inbound.Resource
	for i := range ids {
		name := fmt.Sprint("u", i)
		ids[i] = string(directory.NewID())
		doc := scim.Resource{"schemas": []any{scim.UserURN}, "userName": name, "active": true}
		batch.Records = append(batch.Records, source.Record{Kind: source.Person, Key: source.Key(ids[i]), Base: "people", Name: name, Attrs: scim.Attrs(doc)})
		list = append(list, inbound.Resource{
			Source: of, Kind: directory.Person, ID: ids[i], Handle: name, Name: name, Doc: scim.Encode(doc), Active: true, Version: 1, Created: c.now, Modified: c.now,
		})
	}
	c.write(func(tx directory.Tx) error {
		out, err := c.door.State(c.Context(), tx, of, batch, nil)
		if err != nil {
			return err
		}
		for _, r := range list {
			r.Object = out[source.Key(r.ID)].Object
			if err := inbound.In(tx).Put(c.Context(), r, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return ids
}

// S-PA17: ten thousand members in one PATCH, and all but one of them gone in another. What GET answers then is longer than a body may be: a PUT of it is told so.
func TestManyMembers(t *testing.T) {
	c := newClient(t, "standard")
	ids := c.many("standard", 10000)
	g := c.newGroup("all")
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = `{"value":"` + id + `"}`
	}
	c.send("PATCH", "/Groups/"+g, op(`{"op":"add","path":"members","value":[`+strings.Join(list, ",")+`]}`)).want(204)
	whole := c.send("GET", "/Groups/"+g, "").want(200)
	if n := strings.Count(whole.text, `"display"`); n != len(ids) {
		t.Errorf("%d members", n)
	}
	c.send("PUT", "/Groups/"+g, whole.text).want(413)
	c.send("PUT", "/Groups/"+g, `{"schemas":["`+scim.GroupURN+`"],"displayName":"all","members":[`+strings.Join(list[1:], ",")+`]}`).want(200)
	c.send("PATCH", "/Groups/"+g, op(`{"op":"replace","path":"members","value":[`+list[7]+`]}`)).want(204)
	if got := c.members(g); len(got) != 1 || got[0] != "u7" {
		t.Errorf("members %v", got)
	}
}
