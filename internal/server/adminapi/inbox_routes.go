package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
)

type inboxQuery struct {
	Kind  string `query:"kind" enum:"stopped,leaver,hold,plan,scope,source,conflict,paused,mail,held,secret" doc:"Only what is of this kind."`
	After string `query:"after" doc:"Continue behind a page: its next."`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

func (a *api) inboxRoutes() {
	add(a, route{"inbox", http.MethodGet, "/inbox", "What waits for a person, the most urgent first: who may answer, since when, and what answers it", access.View, 0},
		func(ctx context.Context, in *inboxQuery) (InboxPage, error) {
			x, err := a.inbox(ctx)
			if err != nil {
				return InboxPage{}, err
			}
			return x.Page(ctx, InboxQuery{in.Kind, in.After, in.Limit})
		})
}

// inbox asks how everything stands, and which tokens the caller may know to be about to end.
func (a *api) inbox(ctx context.Context) (Inbox, error) {
	x := Inbox{Service: a.svc, Now: time.Now()}
	if a.keeper.Now != nil {
		x.Now = a.keeper.Now()
	}
	var err error
	if x.Status, err = a.svc.Status(ctx); err != nil {
		return x, err
	}
	if x.Leavers, err = a.svc.Leavers(ctx, LeaverQuery{}); err != nil {
		return x, err
	}
	tokens, err := a.keeper.Ending(ctx, TokenSoon)
	x.Tokens = TokensFor(callerOf(ctx), tokens)
	return x, err
}
