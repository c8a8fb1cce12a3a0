package connector

import (
	"errors"
	"fmt"
	"time"
)

// What the engine does about an error. Anything else is retried with backoff.
var (
	// ErrExists: the name or mail is taken. The engine adopts only by a match rule, else holds.
	ErrExists = errors.New("already exists")
	// ErrNotFound: the remote id is gone. Believed only while a canary answers.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: the service rejects a value. Held until the object or the mapping changes.
	ErrInvalid = errors.New("rejected as invalid")
	// ErrGroup: the service refuses to change a group, whoever is named: it is full, or kept by something else. It is ErrInvalid too.
	ErrGroup = fmt.Errorf("the group cannot be changed: %w", ErrInvalid)
	// ErrAuth: credentials refused. The target is stopped.
	ErrAuth = errors.New("credentials refused")
	// ErrUnsupported: not offered by this tenant. Recorded once as a problem of the target.
	ErrUnsupported = errors.New("not supported")
	// ErrForeign: what answers is not the service: HTML, a wrong base address, 404 for everything. The target is stopped.
	ErrForeign = errors.New("the address does not answer as this kind of service")
)

// RetryAfter says that the service throttles. It is not a failure.
type RetryAfter struct {
	Wait  time.Duration
	Class string // endpoint class that is throttled; "" = all
	Err   error
}

func (e *RetryAfter) Error() string { return fmt.Sprintf("throttled, again in %s: %v", e.Wait, e.Err) }

func (e *RetryAfter) Unwrap() error { return e.Err }
