package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"muster/internal/server/adminapi"
)

// TestMail sends a mail now.
func (c *Client) TestMail(ctx context.Context, to string) (adminapi.MailTest, error) {
	return post[adminapi.MailTest](ctx, c, "/mail/test", map[string]string{"to": to})
}

// Messages returns what is in the outbox.
func (c *Client) Messages(ctx context.Context, q adminapi.MessageQuery) ([]adminapi.Message, error) {
	l, err := get[adminapi.List[adminapi.Message]](ctx, c, "/messages", query("channel", q.Channel, "state", q.State, "limit", count(q.Limit)))
	return l.Items, err
}

// RetryMessage makes a message be tried now.
func (c *Client) RetryMessage(ctx context.Context, id string) (adminapi.Message, error) {
	return post[adminapi.Message](ctx, c, "/messages/"+esc(id)+"/retry", nil)
}

// DropMessage ends a mail: it is not sent any more.
func (c *Client) DropMessage(ctx context.Context, id string) (adminapi.Message, error) {
	return post[adminapi.Message](ctx, c, "/messages/"+esc(id)+"/drop", nil)
}

// Invite sends a person an invitation, or with dry says whether that can be done.
func (c *Client) Invite(ctx context.Context, who string, dry bool) (adminapi.Message, error) {
	q := url.Values{}
	if dry {
		q.Set("dry_run", "true")
	}
	return call[adminapi.Message](ctx, c, http.MethodPost, "/people/"+esc(who)+"/invitation", q, nil)
}

// Webhooks returns how the webhooks stand.
func (c *Client) Webhooks(ctx context.Context) ([]adminapi.Webhook, error) {
	l, err := get[adminapi.List[adminapi.Webhook]](ctx, c, "/webhooks", nil)
	return l.Items, err
}

// TestWebhook sends a webhook a delivery without events.
func (c *Client) TestWebhook(ctx context.Context, name string) (adminapi.Message, error) {
	return post[adminapi.Message](ctx, c, "/webhooks/"+esc(name)+"/test", nil)
}

// ReplayWebhook makes a webhook be told again.
func (c *Client) ReplayWebhook(ctx context.Context, name string, req adminapi.Replay) (adminapi.Webhook, error) {
	return post[adminapi.Webhook](ctx, c, "/webhooks/"+esc(name)+"/replay", req)
}

// Changes returns a page of the feed.
func (c *Client) Changes(ctx context.Context, q adminapi.ChangeQuery) (adminapi.Changes, error) {
	wait := ""
	if q.Wait > 0 {
		wait = q.Wait.Round(time.Second).String()
	}
	return get[adminapi.Changes](ctx, c, "/changes", query("after", q.After, "limit", count(q.Limit), "wait", wait))
}
