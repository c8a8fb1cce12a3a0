package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// The exit codes.
const (
	exitDone       = 0
	exitFailed     = 1
	exitPending    = 2
	exitIncomplete = 3
	exitHeld       = 4
	exitStopped    = 5
	exitUsage      = 64
	exitDenied     = 77
	exitInterrupt  = 130
)

// ended ends a command with a code and nothing more to say.
type ended int

func (e ended) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// usageError says that a command was used wrongly.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// finish tells what went wrong and returns the exit code.
func (s *shell) finish(ctx context.Context, err error) int {
	var silent ended
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &silent):
		return int(silent)
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		s.say("Interrupted. What was begun is finished or repeated at the next start.")
		return exitInterrupt
	}
	p := problemOf(err)
	code := exitCode(err, p.Code)
	if p.Code == "internal" && s.session != nil {
		s.log.flush(s.stderr)
	}
	if s.json {
		_ = s.encode(s.stderr, struct {
			Error run.Problem `json:"error"`
			Exit  int         `json:"exit"`
		}{p, code})
		return code
	}
	fmt.Fprint(s.stderr, "muster: "+cleanLines(p.What)+"\n")
	s.parts(p)
	return code
}

// parts prints what a problem has besides what happened.
func (s *shell) parts(p run.Problem) {
	for _, part := range [][2]string{{"why", p.Why}, {"now", p.Now}, {"fix", p.Fix}, {"code", p.Code}} {
		if part[1] != "" {
			fmt.Fprintf(s.stderr, "  %-5s %s\n", part[0]+":", strings.ReplaceAll(cleanLines(part[1]), "\n", "\n        "))
		}
	}
}

// problemOf returns err in four parts, as far as it has them.
func problemOf(err error) run.Problem {
	var answer *adminapi.Problem
	var p *run.Problem
	var u *usageError
	switch {
	case errors.As(err, &answer):
		out := answer.Problem()
		for _, d := range answer.Errors {
			out.What += fmt.Sprintf("\n%s: %s", d.Location, d.Message)
		}
		return out
	case errors.As(err, &p):
		return *p
	case errors.As(err, &u):
		return run.Problem{What: u.text, Fix: "muster help shows how commands are used."}
	}
	return run.Problem{What: err.Error()}
}

var exits = map[string]int{
	"not_allowed": exitDenied, "not_signed_in": exitDenied, "invalid_request": exitUsage,
	adminapi.Incomplete: exitIncomplete, adminapi.HeldBack: exitHeld, adminapi.Stopped: exitStopped,
	adminapi.Broken: exitFailed, adminapi.Observes: exitFailed,
}

func exitCode(err error, code string) int {
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	c, ok := exits[code]
	switch {
	case ok:
		return c
	case strings.HasPrefix(code, adminapi.SourceCodes):
		return exitIncomplete
	case strings.HasPrefix(code, adminapi.TargetCodes):
		return exitStopped
	}
	return exitFailed
}

// outcomes are the exit codes of runs, the one that matters most first.
var outcomes = []struct {
	outcome run.Outcome
	code    int
}{
	{run.Failed, exitFailed},
	{run.Stopped, exitStopped},
	{run.Incomplete, exitIncomplete},
	{run.Suspicious, exitIncomplete},
	{run.Held, exitHeld},
}

// exitOf returns the error that ends a command after runs: nil if all of them are done.
func exitOf(runs []adminapi.RunView) error {
	for _, o := range outcomes {
		for _, r := range runs {
			if r.Outcome == o.outcome {
				return ended(o.code)
			}
		}
	}
	return nil
}
