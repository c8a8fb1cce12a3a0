package app

import (
	"context"
	"net/http"

	"muster/internal/cli"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
)

// site answers everything that is listened for: the SCIM service, the admin API and the console.
func (m *Muster) site() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", m.Handler())
	mux.Handle("/", m.hall.guests(console.New(console.Config{Service: m, Keeper: m.Keeper, Log: m.log, Now: m.now, Scenes: m.scenes, Guest: m.guest, Guests: &m.hall})))
	return m.withSCIM(mux)
}

// listening says where this Muster answers. As long as nobody has a password, whoever started it gets a link to become the owner by.
func (m *Muster) listening(ctx context.Context, socket, addr string) cli.Listening {
	l := cli.Listening{Data: m.Data, Socket: socket, Addr: addr, Fresh: m.File.Name == ""}
	if addr == "" {
		return l
	}
	m.addr.Store(addr)
	owner, claimed, err := m.Keeper.Owner(ctx)
	if err != nil || claimed {
		return l
	}
	code, _, err := m.Keeper.NewCode(ctx, owner, owner.Person)
	if err != nil {
		m.log.Error("no link for the owner", "error", err)
		return l
	}
	l.Claim = adminapi.WelcomePath(code.Reveal())
	return l
}
