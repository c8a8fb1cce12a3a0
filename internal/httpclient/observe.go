package httpclient

import (
	"net/http"
	"time"
)

// A Call is one request as it went: when, how long, and with what outcome. It holds nothing of what was said.
type Call struct {
	Method  string
	Classes []string // that it counted in, the narrowest first; not to be changed
	At      time.Time
	// Waited is how long the request waited for its classes before it went.
	Waited time.Duration
	// PutOff says that it did not go, as its classes were not to be had in time: the connector got an answer 429 that the service did not send.
	PutOff bool
	// Took is how long from sending it until the answer was read or given up.
	Took      time.Duration
	Status    int  // 0 = no answer
	Throttled bool // the answer says that the service is asked too often
	Broken    bool // no complete answer came
}

// An observation is a Call in the making. A nil observation is told to nobody.
type observation struct {
	t    *transport
	req  *http.Request
	call Call
}

// observe begins to observe a request, before it waits.
func (t *transport) observe(req *http.Request, classes []string) *observation {
	if t.cfg.Observe == nil {
		return nil
	}
	return &observation{t: t, req: req, call: Call{Method: req.Method, Classes: classes, At: time.Now()}}
}

// goes notes that the wait is over.
func (o *observation) goes() {
	if o != nil {
		now := time.Now()
		o.call.Waited, o.call.At = now.Sub(o.call.At), now
	}
}

// putOff tells of a request that did not go.
func (o *observation) putOff() {
	if o != nil {
		o.call.PutOff = true
		o.t.cfg.Observe(o.call)
	}
}

func (o *observation) answer(status int, throttled bool) {
	if o != nil {
		o.call.Status, o.call.Throttled = status, throttled
	}
}

// finish tells of a request that has ended. One that its own side called off says nothing about the service, and is not told.
func (o *observation) finish(err error) {
	if o == nil || err != nil && o.req.Context().Err() != nil {
		return
	}
	o.call.Took, o.call.Broken = time.Since(o.call.At), err != nil
	o.t.cfg.Observe(o.call)
}
