package console

import (
	"cmp"
	"strings"

	"muster/internal/access"
	"muster/internal/notify"
	"muster/internal/server/adminapi"
)

// outboxRoutes are the mails and the deliveries to webhooks: what waits, what was refused, and what was sent.
func (c *console) outboxRoutes() {
	c.get("outbox", access.View, c.outboxPage)
	c.post("outbox/{id}/retry", access.Configure, c.retryMessage, c.outboxPage)
	c.post("outbox/{id}/drop", access.Configure, c.dropMessage, c.outboxPage)
}

const outboxPath = Root + "outbox"

// An outboxView is what stands in the outbox, one sort of it.
type outboxView struct {
	tab      string
	messages []adminapi.Message
	hooks    []adminapi.Webhook
}

func (c *console) outboxPage(v *visit) (view, error) {
	x := outboxView{tab: cmp.Or(v.query("state"), "refused")}
	var err error
	if x.messages, err = c.Service.Messages(v.ctx(), adminapi.MessageQuery{State: x.tab, Limit: 2 * rowsShown}); err != nil {
		return view{}, err
	}
	x.hooks, err = c.Service.Webhooks(v.ctx())
	return view{title: "Mails and deliveries", entry: "settings", body: outboxBody(v, x)}, err
}

func (c *console) retryMessage(v *visit) (string, error) {
	_, err := c.Service.RetryMessage(v.ctx(), v.PathValue("id"), v.caller)
	return outboxPath + "?state=waiting&did=retried", err
}

func (c *console) dropMessage(v *visit) (string, error) {
	_, err := c.Service.DropMessage(v.ctx(), v.PathValue("id"), v.caller)
	return outboxPath + "?did=dropped-message", err
}

// outboxTabs are the states of messages, in the order in which they are asked for.
// nothingSent says that a list of messages is empty.
func nothingSent(tab string) string {
	return map[string]string{"refused": "Nothing was refused", "waiting": "Nothing waits", "sent": "Nothing was sent yet", "dropped": "Nothing was left out"}[tab]
}

var outboxTabs = [][2]string{{"refused", "Refused"}, {"waiting", "Waiting"}, {"sent", "Sent"}, {"dropped", "Left out"}}

func messageTone(s notify.State) tone {
	switch s {
	case notify.Refused:
		return bad
	case notify.Waiting:
		return busy
	case notify.Sent:
		return good
	}
	return quiet
}

// messageWhat says what a message is.
func messageWhat(m adminapi.Message) string {
	if hook, ok := strings.CutPrefix(m.Channel, notify.HookChannel("")); ok {
		return m.Kind + " for the webhook " + hook
	}
	return m.Kind + " to " + cmp.Or(m.To, "nobody: there is no address")
}
