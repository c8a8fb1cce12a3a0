package app_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/notify"
	"muster/internal/server/adminapi"
)

// newProvider gives an identity provider a user of its own, and returns its token.
func (h *house) newProvider() string {
	h.Helper()
	ctx := h.Context()
	given[adminapi.Object](h.T)(h.admin.MakePerson(ctx, adminapi.NewPerson{Username: "idp-user"}))
	given[adminapi.Object](h.T)(h.admin.MakeGroup(ctx, adminapi.NewGroup{Name: "Identity providers"}))
	given[adminapi.Moved](h.T)(h.admin.EditMembers(ctx, "Identity providers", adminapi.MemberEdit{Add: []string{"idp-user"}}))
	if err := h.admin.GiveRole(ctx, adminapi.RoleChange{Who: "Identity providers", Role: access.Provisioner}); err != nil {
		h.Fatal(err)
	}
	return given[adminapi.Issued](h.T)(h.admin.CreateToken(ctx, adminapi.NewToken{Name: "idp", Person: "idp-user", Source: "idp"})).Text
}

// I4: an invitation that cannot be sent does not wait for ever and is not lost silently: without a mail server, or without an address, the request of the client
// succeeds, and the administrator is told at once, with the reason, until it is tried again or left out.
func TestInvitationWithoutMail(t *testing.T) {
	h := serveIn(t, t.TempDir(), "sources: [{name: idp, type: scim, profile: closed}]\n")
	ctx, token := t.Context(), h.newProvider()
	h.send(token, "POST", realAt+"/Users", user("ada", `"sendInvitationMail":true`), 201)
	h.send(token, "POST", realAt+"/Users", strings.Replace(user("ben", `"sendInvitationMail":true`), "ben@example.com", "not an address", 1), 201)
	refused := func() []adminapi.Message {
		return given[[]adminapi.Message](t)(h.admin.Messages(ctx, adminapi.MessageQuery{State: "refused"}))
	}
	got := map[string]string{}
	for _, m := range refused() {
		got[m.To] = m.Answer
		if m.State != notify.Refused || m.Ended.IsZero() || m.Person == "" {
			t.Errorf("%+v", m)
		}
	}
	if len(got) != 2 || got["ada@example.com"] != "no mail server is configured" || !strings.Contains(got["not an address"], "no email address") {
		t.Errorf("refused: %v", got)
	}
	if s := given[adminapi.Status](t)(h.admin.Status(ctx)); !strings.Contains(fmt.Sprint(s.Attention), "mails were refused: 2, the last one (invitation) to") {
		t.Errorf("the administrator is told %v", s.Attention)
	}
	for _, m := range refused() {
		if _, err := h.admin.RetryMessage(ctx, m.ID); code(err) != adminapi.NoMail {
			t.Errorf("tried again without a mail server: %v", err)
		}
		if m := given[adminapi.Message](t)(h.admin.DropMessage(ctx, m.ID)); m.State != notify.Dropped || !strings.Contains(m.Answer, "owner") {
			t.Errorf("%+v", m)
		}
		if _, err := h.admin.DropMessage(ctx, m.ID); code(err) != adminapi.Conflict {
			t.Errorf("left out twice: %v", err)
		}
	}
	if s := given[adminapi.Status](t)(h.admin.Status(ctx)); len(refused()) != 0 || strings.Contains(fmt.Sprint(s.Attention), "refused") {
		t.Errorf("what was left out still asks for attention: %v", s.Attention)
	}
}
