package console

import (
	"strings"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// deletionRoutes delete people for good, and tell how far that is.
func (c *console) deletionRoutes() {
	c.get("deletions", access.View, c.deletionsPage)
	c.post("people/{id}/delete", access.Provision, c.deleteUser, c.managePage)
}

func (c *console) deletionsPage(v *visit) (view, error) {
	all, err := c.Service.Deletions(v.ctx())
	return view{title: "Deleted for good", entry: "people", body: deletionsBody(v, all)}, err
}

// deleteUser passes on what was typed: whether it is the username is for the service to say.
func (c *console) deleteUser(v *visit) (string, error) {
	reason, err := v.reason()
	if err == nil {
		req := adminapi.DeletionRequest{Confirm: strings.TrimSpace(v.PostFormValue("confirm")), Reason: reason}
		_, err = c.Service.DeletePerson(v.ctx(), v.PathValue("id"), req, v.caller)
	}
	return Root + "deletions?did=deleting", err
}

func deletionTone(state string) tone {
	switch state {
	case "done":
		return good
	case "waiting":
		return warn
	}
	return busy
}
