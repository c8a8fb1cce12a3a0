package adminapi

import (
	"net/http"
	"strings"
)

// The codes of problems that a Service returns and the command line reacts to. A *run.Problem may carry other codes: they are reported with status 422.
const (
	NotFound    = "not_found"       // no such source, target, plan, run, person …
	Ambiguous   = "ambiguous"       // several people fit
	BadCount    = "count_mismatch"  // the typed number is not the number of people affected
	Decided     = "already_decided" // the plan does not wait any more
	StaleLines  = "stale"           // all_or_nothing, and lines do not hold any more
	BadRequest  = "invalid"         // a value that cannot be
	Conflict    = "conflict"        // it changed meanwhile: look again
	Incomplete  = "incomplete"      // a source could not be read whole
	HeldBack    = "held"            // a limit holds it
	Stopped     = "stopped"         // the target refuses or is not what it was
	Unavailable = "unavailable"     // starting, stopping, or without a configuration
	Unsupported = "unsupported"     // the target does not offer it
	Observes    = "target_observes" // its mode lets nothing be sent
	Paused      = "paused"
	// ManagedByFile is of what the configuration file says: it is changed there.
	ManagedByFile = "managed_by_file"
	Protected     = "protected"        // whoever must not be closed
	OwnedBySource = "owned_by_source"  // a source speaks for the person: they are managed there
	Broken        = "source_failed"    // a read could not be stored
	denied        = "not_allowed"      // the caller lacks a right
	unknown       = "not_signed_in"    // no or no valid token
	internal      = "internal"         // our fault; details are in the log
	badInput      = "invalid_request"  // the request does not match the API
	noRoute       = "no_such_endpoint" //
	badMethod     = "method_not_allowed"
)

// How the codes begin that say what a source or target did wrong: source_size_limit, target_foreign. There are more of them than this package knows.
const (
	SourceCodes = "source_"
	TargetCodes = "target_"
)

var status = map[string]int{
	NotFound:      http.StatusNotFound,
	Ambiguous:     http.StatusConflict,
	BadCount:      http.StatusConflict,
	Decided:       http.StatusConflict,
	StaleLines:    http.StatusConflict,
	Conflict:      http.StatusConflict,
	BadRequest:    http.StatusUnprocessableEntity,
	Incomplete:    http.StatusBadGateway,
	HeldBack:      http.StatusConflict,
	Stopped:       http.StatusBadGateway,
	Unavailable:   http.StatusServiceUnavailable,
	Unsupported:   http.StatusUnprocessableEntity,
	Observes:      http.StatusConflict,
	Paused:        http.StatusConflict,
	ManagedByFile: http.StatusConflict,
	Protected:     http.StatusConflict,
	OwnedBySource: http.StatusConflict,
	Broken:        http.StatusBadGateway,
	NoMail:        http.StatusConflict,
	MailFailed:    http.StatusBadGateway,
	NoAddress:     http.StatusConflict,
	TooManyMails:  http.StatusTooManyRequests,
	CursorExpired: http.StatusGone,
	denied:        http.StatusForbidden,
	unknown:       http.StatusUnauthorized,
	internal:      http.StatusInternalServerError,
	noRoute:       http.StatusNotFound,
	badMethod:     http.StatusMethodNotAllowed,
}

// HTTPStatus returns the HTTP status that a problem with this code is reported with.
func HTTPStatus(code string) int {
	if s, ok := status[code]; ok {
		return s
	}
	if strings.HasPrefix(code, SourceCodes) || strings.HasPrefix(code, TargetCodes) {
		return http.StatusBadGateway
	}
	return http.StatusUnprocessableEntity
}
