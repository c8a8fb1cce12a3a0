package adminapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/problem"
	"muster/internal/run"
)

// A Problem is an error as the API answers it: RFC 9457, with the parts of run.Problem. Detail is what happened.
type Problem struct {
	Type    string   `json:"type" doc:"Where the code is explained."`
	Title   string   `json:"title"`
	Status  int      `json:"status"`
	Detail  string   `json:"detail"`
	Code    string   `json:"code" doc:"Stable name of the problem."`
	Why     string   `json:"why,omitempty"`
	Now     string   `json:"now,omitempty" doc:"What it means now."`
	Fix     string   `json:"fix,omitempty" doc:"How to mend it."`
	Request string   `json:"request,omitempty" doc:"Id of the request, as in the log."`
	Errors  []Detail `json:"errors,omitempty" doc:"What is wrong in the request."`
}

// Detail is one thing that is wrong in a request. The value itself is not repeated: it may be a secret.
type Detail struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes it application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Problem returns the part that is common to all ways in which problems are told.
func (p *Problem) Problem() run.Problem {
	return run.Problem{Code: p.Code, What: p.Detail, Why: p.Why, Now: p.Now, Fix: p.Fix}
}

func newProblem(status int, p run.Problem) *Problem {
	return &Problem{
		Type: problem.Type(p.Code), Title: http.StatusText(status), Status: status, Detail: p.What, Code: p.Code, Why: p.Why, Now: p.Now, Fix: p.Fix,
	}
}

// The errors of the framework become Problems: a variable of its package, set once. Texts of internal errors and values of requests stay out of it.
var setErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		if p := problemOf(errors.Join(errs...)); p != nil {
			return p
		}
		if status >= http.StatusInternalServerError {
			return internalProblem()
		}
		p := newProblem(status, run.Problem{Code: badInput, What: msg})
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				p.Errors = append(p.Errors, Detail{Message: d.ErrorDetail().Message, Location: d.ErrorDetail().Location})
			}
		}
		return p
	}
})

func internalProblem() *Problem {
	return newProblem(http.StatusInternalServerError, run.Problem{
		Code: internal, What: "Something went wrong in Muster itself.", Now: "Nothing is known to have changed.", Fix: "Look for the request id in Muster's log.",
	})
}

// problemOf returns err as a Problem if it is one that the caller may know about, else nil.
func problemOf(err error) *Problem {
	var known *Problem
	var p *run.Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &p):
		return newProblem(HTTPStatus(p.Code), *p)
	case errors.Is(err, access.ErrUnknown):
		return newProblem(http.StatusUnauthorized, run.Problem{
			Code: unknown, What: "The request has no token that is valid now.",
			Fix: "Send “Authorization: Bearer …” with a token from “muster token create”. On the machine of Muster itself, the command line finds one in the data folder.",
		})
	case errors.Is(err, access.ErrDenied):
		return newProblem(http.StatusForbidden, run.Problem{Code: denied, What: err.Error(), Now: "Nothing was done."})
	case errors.Is(err, directory.ErrNotFound):
		return newProblem(http.StatusNotFound, run.Problem{Code: NotFound, What: err.Error()})
	case errors.Is(err, directory.ErrConflict):
		return newProblem(http.StatusConflict, run.Problem{Code: Conflict, What: err.Error(), Now: "Nothing was done.", Fix: "Look again, and repeat it if it is still wanted."})
	}
	return nil
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// ProblemOf returns err as the API would answer it, or nil if it is not the caller's business. The console shows the same.
func ProblemOf(err error) *Problem { return problemOf(err) }
