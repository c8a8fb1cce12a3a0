package console_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

func (nothing) Messages(context.Context, adminapi.MessageQuery) ([]adminapi.Message, error) {
	return nil, nil
}
func (nothing) Webhooks(context.Context) ([]adminapi.Webhook, error) { return nil, nil }

func (much) Messages(_ context.Context, q adminapi.MessageQuery) ([]adminapi.Message, error) {
	var out []adminapi.Message
	for i := range q.Limit {
		out = append(out, adminapi.Message{
			ID: long(i), Channel: notify.Mail, Kind: "invitation", To: long(i) + "@example.com", Person: directory.NewID(), State: notify.Refused, Created: adminapitest.Now, Ended: adminapitest.Now,
			Attempts: i, Answer: "550 5.1.1 there is no such person here: " + long(i),
		})
	}
	return out, nil
}

// I4: a mail that was refused stands in the inbox with the reason until it is tried again or left out; of very many, the newest are named and the others counted.
func TestRefusedMails(t *testing.T) {
	orders(t, []order{{"outbox/m1/retry", "", "retry m1"}, {"outbox/m1/drop", "", "drop m1"}})
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	for path, want := range map[string][]string{
		"inbox":                {"Invitation to ada@example.com was not sent", "550 no such person", "/console/outbox"},
		"outbox":               {"Invitation to ada@example.com", "550 no such person", "outbox/m1/retry", "outbox/m1/drop", "intranet"},
		"outbox?state=waiting": {"Changes for the webhook intranet", "outbox/d1/retry"},
	} {
		page := g.get(path).body
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
	}
	if page := g.get("outbox?state=waiting").body; strings.Contains(page, "outbox/d1/drop") {
		t.Error("a delivery to a webhook can be left out")
	}
	if res := g.post("outbox/m9/retry", ""); res.status != http.StatusNotFound {
		t.Errorf("a message that is not there: %d", res.status)
	}
	if page := enter(t, h, much{h.Service}, access.Owner).get("inbox?kind=mail").body; !strings.Contains(page, "95 more mails were refused") || strings.Contains(page, fmt.Sprintf("-%03d@example.com was not sent", 5)) {
		t.Error("a hundred mails that were refused are listed one by one")
	}
}
