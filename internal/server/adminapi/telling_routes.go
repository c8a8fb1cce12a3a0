package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
)

func (a *api) tellingRoutes() {
	add(a, route{"test-mail", http.MethodPost, "/mail/test", "Send a mail now and tell what the server said", access.Configure, 0},
		func(ctx context.Context, in *struct {
			Body struct {
				To string `json:"to" minLength:"3" maxLength:"320"`
			}
		},
		) (MailTest, error) {
			return a.svc.TestMail(ctx, in.Body.To, callerOf(ctx))
		})
	type listing struct {
		Channel string `query:"channel" doc:"mail, or hook: and the name of a webhook."`
		State   string `query:"state" enum:"waiting,sent,refused,dropped"`
		Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	add(a, route{"list-messages", http.MethodGet, "/messages", "Mails and deliveries that wait, were refused, or were sent in the last 30 days, the newest first", access.View, 0},
		func(ctx context.Context, in *listing) (List[Message], error) {
			found, err := a.svc.Messages(ctx, MessageQuery{Channel: in.Channel, State: in.State, Limit: in.Limit})
			return list(found, 0, nil), err
		})
	type oneMessage struct {
		ID string `path:"id"`
	}
	add(a, route{"retry-message", http.MethodPost, "/messages/{id}/retry", "Try a message again now", access.Configure, 0},
		func(ctx context.Context, in *oneMessage) (Message, error) {
			return a.svc.RetryMessage(ctx, in.ID, callerOf(ctx))
		})
	add(a, route{"drop-message", http.MethodPost, "/messages/{id}/drop", "End a mail that waits or was refused: it is not sent any more", access.Configure, 0},
		func(ctx context.Context, in *oneMessage) (Message, error) {
			return a.svc.DropMessage(ctx, in.ID, callerOf(ctx))
		})
	type onePerson struct {
		Who    string `path:"who" doc:"Id, username or email."`
		DryRun bool   `query:"dry_run" doc:"Only say whether it can be done."`
	}
	add(a, route{"invite-person", http.MethodPost, "/people/{who}/invitation", "Send a person the mail by which they choose a password", access.Provision, http.StatusAccepted},
		func(ctx context.Context, in *onePerson) (Message, error) {
			return a.svc.Invite(ctx, in.Who, in.DryRun, callerOf(ctx))
		})
	a.webhookRoutes()
	type following struct {
		After string `query:"after" doc:"A place in the feed, as “next” of an answer before; the beginning if left out."`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"500"`
		Wait  string `query:"wait" doc:"With nothing to tell, wait this long for something: 30s. At most 1m."`
	}
	add(a, route{"list-changes", http.MethodGet, "/changes", "What changed, in order: people, groups, memberships", access.View, 0},
		func(ctx context.Context, in *following) (Changes, error) {
			wait, err := parseWait(in.Wait)
			if err != nil {
				return Changes{}, err
			}
			return a.svc.Changes(ctx, ChangeQuery{After: in.After, Limit: in.Limit, Wait: wait})
		})
}

func (a *api) webhookRoutes() {
	add(a, route{"list-webhooks", http.MethodGet, "/webhooks", "The webhooks and how they stand", access.View, 0},
		func(ctx context.Context, _ *none) (List[Webhook], error) {
			found, err := a.svc.Webhooks(ctx)
			return list(found, 0, nil), err
		})
	add(a, route{"test-webhook", http.MethodPost, "/webhooks/{name}/test", "Send a webhook a delivery without events", access.Configure, http.StatusAccepted},
		func(ctx context.Context, in *byName) (Message, error) {
			return a.svc.TestWebhook(ctx, in.Name, callerOf(ctx))
		})
	type replaying struct {
		Name string `path:"name"`
		Body Replay
	}
	add(a, route{"replay-webhook", http.MethodPost, "/webhooks/{name}/replay", "Tell a webhook again from a place in the feed", access.Configure, 0},
		func(ctx context.Context, in *replaying) (Webhook, error) {
			return a.svc.ReplayWebhook(ctx, in.Name, in.Body.After, callerOf(ctx))
		})
}
