package httpclient

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// bodyKept is how many bytes of a body a transcript holds.
const (
	bodyKept = 2 << 10
	more     = "…"
)

// An Exchange is a transcript of one request and its answer, without headers, query or secrets. Bodies are cut at 2 kB.
type Exchange struct {
	Start    time.Time     `json:"start"`
	Took     time.Duration `json:"took"` // until the answer was read or given up
	Method   string        `json:"method"`
	Host     string        `json:"host"`
	Path     string        `json:"path"`
	Status   int           `json:"status,omitempty"` // 0 = no answer
	Request  string        `json:"request,omitempty"`
	Response string        `json:"response,omitempty"`
	Error    string        `json:"error,omitempty"`
}

// A recording is an Exchange in the making. A nil recording records nothing.
type recording struct {
	t *transport
	e Exchange

	mu   sync.Mutex // guards body, for Close may meet Read
	body []byte
}

// begin starts the transcript of req.
func (t *transport) begin(req *http.Request) *recording {
	if t.cfg.Record == nil {
		return nil
	}
	r := &recording{t: t, e: Exchange{Start: time.Now(), Method: req.Method, Host: req.URL.Host, Path: t.redact.text(req.URL.EscapedPath())}}
	if req.GetBody == nil {
		return r
	}
	if body, err := req.GetBody(); err == nil {
		sent, err := io.ReadAll(io.LimitReader(body, r.enough()))
		if err == nil {
			r.e.Request = r.cut(sent)
		}
		_ = body.Close()
	}
	return r
}

// enough is how many bytes must be seen so that no secret is cut in two unseen.
func (r *recording) enough() int64 { return int64(bodyKept + r.t.redact.longest) }

// cut returns the beginning of body without secrets.
func (r *recording) cut(body []byte) string {
	text := r.t.redact.text(string(body))
	long := int64(len(body)) >= r.enough()
	if long { // there may be half a secret at the end
		text = text[:max(0, len(text)-r.t.redact.longest)]
	}
	text = strings.ToValidUTF8(text, "?")
	if long || len(text) > bodyKept {
		text = strings.ToValidUTF8(text[:min(len(text), bodyKept-len(more))], "") + more
	}
	return text
}

func (r *recording) answer(status int) *recording {
	if r != nil {
		r.e.Status = status
	}
	return r
}

func (r *recording) read(p []byte) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.body = append(r.body, p[:min(len(p), max(0, int(r.enough())-len(r.body)))]...)
}

// finish hands the transcript over.
func (r *recording) finish(err error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.e.Response = r.cut(r.body)
	r.mu.Unlock()
	r.e.Took = time.Since(r.e.Start)
	if err != nil {
		r.e.Error = r.t.redact.text(err.Error())
	}
	r.t.cfg.Record(r.e)
}
