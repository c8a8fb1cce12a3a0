package scimapi

import (
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// inviteAttribute, in whichever extension of users, asks for an invitation when a person is made. In updates it is kept, and asks for nothing.
const inviteAttribute = "sendInvitationMail"

// invite has a person invited whom this request has made.
func (w *writer) invite(t *scim.Type, r inbound.Resource, doc scim.Resource) error {
	if w.q.s.cfg.Invite == nil || r.Kind != directory.Person || w.made != r.Object || !wantsInvitation(t, doc) {
		return nil
	}
	return w.q.s.cfg.Invite(w.ctx, w.tx, r.Object, r.Source)
}

func wantsInvitation(t *scim.Type, doc scim.Resource) bool {
	for _, e := range t.Extensions {
		if said, ok := doc[e.URN].(map[string]any); ok && scim.Resource(said).Text(inviteAttribute) == "true" {
			return true
		}
	}
	return false
}
