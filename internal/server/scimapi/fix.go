package scimapi

import (
	"errors"
	"net/http"

	"muster/internal/scim"
)

func detailOf(err error) string {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Detail
	}
	return err.Error()
}

// fixOf says what an administrator can do about an error: by what is wrong if that is known, or by the status.
func fixOf(err error) string {
	if e, ok := isTaken(err); ok && e.fix != "" {
		return e.fix
	}
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		return fixes[http.StatusInternalServerError]
	}
	if text := typeFixes[e.Type]; text != "" {
		return text
	}
	return fixes[e.Status]
}

// typeFixes are about errors that have a scimType of their own remedy.
var typeFixes = map[string]string{
	scim.Uniqueness:    "Find out who has the name: `muster user show NAME`. If it is the same person, name a correlate rule for this source, or take them out of the other one.",
	scim.InvalidFilter: "Match by userName, externalId or emails at the provider.",
	sensitive:          "Match by userName, externalId or emails at the provider: nobody is found by a secret.",
	invalidCursor:      "Nothing, if it happened once: the client begins its list anew. If it goes on, have the provider page by startIndex.",
	expiredCursor:      "Nothing, if it happened once: the client begins its list anew. If it goes on, have the provider page by startIndex.",
}

// fixes are about the others.
var fixes = map[int]string{
	http.StatusBadRequest:            "Mend the attribute mapping at the provider. If the provider cannot be changed, see which profile or tolerance fits it.",
	http.StatusUnauthorized:          "Make a token for this source, `muster token create NAME --source SOURCE`, and put it into the provider.",
	http.StatusForbidden:             "Give the user of the token the role provisioner through a group, or leave this person to their administrator.",
	http.StatusNotFound:              "If the provider means somebody who was deleted here, unassign and assign them there again. If it asks for something that is not a user or group, see that its base address ends with /v2.",
	http.StatusMethodNotAllowed:      "Take that feature off at the provider, or choose the kind of application there that speaks SCIM 2.0.",
	http.StatusConflict:              "Nothing, if it happened once: somebody else changed it at the same time, and the client tries again.",
	http.StatusPreconditionFailed:    "Nothing, if it happened once: somebody else changed it at the same time, and the client reads it again.",
	http.StatusRequestEntityTooLarge: "Have the provider send less at once: fewer operations, or members of a large group in several requests.",
	http.StatusUnsupportedMediaType:  "Set the content type of the provider to application/scim+json.",
	http.StatusTooManyRequests:       "Nothing: the client is told when to go on. If it is always late, raise requests_per_minute of the source.",
	http.StatusInternalServerError:   "Look for the request in Muster's log.",
	http.StatusNotImplemented:        "Take that feature off at the provider: this service does not have it, as its /ServiceProviderConfig says.",
	http.StatusServiceUnavailable:    "Nothing: the client is told when to try again. If it goes on, see `muster status`.",
}
