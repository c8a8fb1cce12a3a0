package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/httpclient"
	"muster/internal/notify"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
)

// webhook returns the webhook called name.
func (m *Muster) webhook(name string) (config.Webhook, bool) {
	i := slices.IndexFunc(m.File.Webhooks, func(w config.Webhook) bool { return w.Name == name })
	if i < 0 {
		return config.Webhook{}, false
	}
	return m.File.Webhooks[i], true
}

// webhookChannel makes the channel of a webhook: it follows the feed, and tells in its order.
func (m *Muster) webhookChannel(w config.Webhook) (notify.Channel, error) {
	client, err := httpclient.New(httpclient.Config{Allow: m.allowed(), Timeout: 30 * time.Second, MaxBody: 64 << 10})
	if err != nil {
		return notify.Channel{}, err
	}
	hook := &notify.Hook{Name: w.Name, URL: w.URL, HTTP: client, Now: m.now, Secrets: func() ([]secret.String, error) { return secretsOf(w) }}
	feed := &notify.Follower{Store: m.Store, Hook: w.Name, Beginning: w.Beginning, Now: m.now, Wants: wants(w.Events)}
	return notify.Channel{Name: notify.HookChannel(w.Name), Ordered: true, Send: hook.Send, Refill: feed.Cut}, nil
}

// secretsOf reads the secrets of a webhook, anew for each delivery, so that a changed file counts at once.
func secretsOf(w config.Webhook) ([]secret.String, error) {
	first, err := w.Secret.Resolve()
	if err != nil || w.OldSecret.IsZero() {
		return []secret.String{first}, err
	}
	old, err := w.OldSecret.Resolve()
	return []secret.String{first, old}, err
}

// wants reports of which types of events a webhook is told.
func wants(events []string) func(string) bool {
	if len(events) == 0 {
		return nil
	}
	return func(typ string) bool {
		kind, _, _ := strings.Cut(typ, ".")
		return slices.Contains(events, typ) || slices.Contains(events, kind)
	}
}

// Webhooks implements adminapi.Telling.
func (m *Muster) Webhooks(ctx context.Context) ([]adminapi.Webhook, error) {
	var out []adminapi.Webhook
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		for _, w := range m.File.Webhooks {
			x, err := webhookView(ctx, notify.Of(v), w)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
}

func webhookView(ctx context.Context, r notify.Reader, w config.Webhook) (adminapi.Webhook, error) {
	out := adminapi.Webhook{Name: w.Name, URL: withoutQuery(w.URL), Events: w.Events, State: "idle"}
	c, err := r.Cursor(ctx, w.Name)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return out, err
	}
	out.Cursor = c.After.String()
	first, err := r.First(ctx, notify.HookChannel(w.Name))
	if errors.Is(err, directory.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	view := adminapi.MessageView(first)
	out.Waiting, out.State = &view, "sending"
	if first.Answer != "" {
		out.State = "retrying"
	}
	return out, nil
}

// withoutQuery is an address as it is shown: what stands behind the question mark may be a secret.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery = ""
	return u.Redacted()
}

func (m *Muster) unknownWebhook(name string) error {
	var names []string
	for _, w := range m.File.Webhooks {
		names = append(names, w.Name)
	}
	p := &run.Problem{Code: adminapi.NotFound, What: fmt.Sprintf("there is no webhook %q", name), Now: "Nothing was changed.", Fix: "Add it to `webhooks` in the configuration."}
	if len(names) > 0 {
		p.Fix = "There are: " + strings.Join(names, ", ") + "."
	}
	return p
}

// TestWebhook implements adminapi.Telling.
func (m *Muster) TestWebhook(ctx context.Context, name string, by access.Caller) (adminapi.Message, error) {
	if _, ok := m.webhook(name); !ok {
		return adminapi.Message{}, m.unknownWebhook(name)
	}
	msg := notify.TestMessage(name, m.now())
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error { return notify.In(tx).Put(ctx, msg) })
	if err == nil {
		m.telling.sender.Wake()
	}
	return adminapi.MessageView(msg), err
}

// ReplayWebhook implements adminapi.Telling.
func (m *Muster) ReplayWebhook(ctx context.Context, name, after string, by access.Caller) (adminapi.Webhook, error) {
	w, ok := m.webhook(name)
	if !ok {
		return adminapi.Webhook{}, m.unknownWebhook(name)
	}
	rev, err := m.feedPlace(ctx, after)
	if err != nil {
		return adminapi.Webhook{}, err
	}
	var out adminapi.Webhook
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if err := notify.Replay(ctx, tx, name, rev, m.now()); err != nil {
			return err
		}
		out, err = webhookView(ctx, notify.Of(tx), w)
		return err
	})
	if err == nil {
		m.telling.sender.Wake()
	}
	return out, err
}
