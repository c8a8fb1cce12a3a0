package scimapi_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"muster/internal/server/scimapi"
)

// I1: what a client sent last outlasts a restart, secrets struck out, and is written together when the service ends.
func TestExchangesOutlastARestart(t *testing.T) {
	c := newClient(t, "standard")
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		c.api.Keep(ctx)
		close(done)
	}()
	c.newUser("ada", `"name":{"givenName":"`+strings.Repeat("x", 900)+`"}`, `"displayName":"`+strings.Repeat("y", 1000)+`"`, `"nickName":"`+strings.Repeat("z", 1000)+`"`)
	c.send("GET", "/Users"+query("filter", "shoe eq 1"), "").want(400)
	for range 105 {
		c.send("GET", "/Users?count=0", "").want(200)
	}
	c.send("POST", "/Users", userBody("ada", `"password":"Pa55word"`)).want(400)
	end()
	<-done

	again := scimapi.New(scimapi.Config{Store: c.store, Keeper: c.keeper, Clients: []scimapi.Client{profile(t, "standard")}, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler)})
	if err := again.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, _ := again.Exchanges("standard", false)
	if len(list) != 100 || list[0].Status != 400 || list[0].Error == "" || list[0].Fix == "" || list[1].Status != 200 {
		t.Fatalf("%d exchanges, the last %+v", len(list), list[0])
	}
	if got := list[0].Request; !strings.Contains(got, "ada") || strings.Contains(got, "Pa55word") {
		t.Errorf("kept of the request: %s", got)
	}
	if s := again.Stats()[0]; !s.Last.Equal(list[0].At) || s.Requests != 0 {
		t.Errorf("%+v", s)
	}
	c.now = c.now.Add(31 * 24 * time.Hour)
	late := scimapi.New(scimapi.Config{Store: c.store, Clients: []scimapi.Client{profile(t, "standard")}, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler)})
	if err := late.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, _ := late.Exchanges("standard", false); len(list) != 0 {
		t.Errorf("%d of them are older than they are kept", len(list))
	}
}
