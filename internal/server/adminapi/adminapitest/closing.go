package adminapitest

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Leavers returns one who is missing and one who is being closed, and of those closed one.
func (s *Service) Leavers(_ context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	out := []adminapi.Leaver{
		{
			Object: mia, Name: names()[mia], Target: "wiki", Remote: "u-3", Cause: directory.Missing, State: "closing", Why: "wiki has not confirmed it yet",
			Fix: "muster why mia.holm wiki", Since: ago(time.Hour), Age: "1h0m0s", Overdue: true,
		},
		{Object: ben, Name: "ben.ito", State: "missing", Why: "a second complete read has to agree", Since: ago(5 * time.Minute), Age: "5m0s", Until: Now.Add(5 * time.Minute)},
	}
	out = q.Page(out)
	if q.Closed {
		out = append(out, adminapi.Leaver{
			Name: "zoe", Target: "wiki", Remote: "u-9", State: "closed", Why: "read back: the account u-9 is disabled", Since: ago(2 * time.Hour), By: "owner", Reason: "left",
			Confirmed: ago(2*time.Hour - 3*time.Second), Took: "3s",
			Sent: &adminapi.Call{At: ago(2 * time.Hour), Verb: connector.Disable, Result: "done", Answer: "read back: the account u-9 is disabled", Took: "3s"},
		})
	}
	return out, nil
}

// Disable says how far it got.
func (s *Service) Disable(ctx context.Context, who string, req adminapi.Closing, by access.Caller) (adminapi.Closed, error) {
	o, err := s.Object(ctx, string(directory.Person), who)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if o.ID == mia {
		return adminapi.Closed{}, &run.Problem{Code: adminapi.Protected, What: o.Name + " is protected", Now: "Nothing was changed.", Fix: "Give the source another account."}
	}
	if req.DryRun {
		return adminapi.Closed{Object: o, DryRun: true, Targets: []adminapi.ClosedAt{{Target: "wiki", Remote: "u-1", State: "open"}}}, nil
	}
	s.note(by, "disable %s at %v through pause %t (%s)", o.Name, req.Targets, req.ThroughPause, req.Reason)
	return s.closing(o, by.Handle, req.Reason), nil
}

func (s *Service) closing(o adminapi.Object, by, reason string) adminapi.Closed {
	o.State, o.Cause, o.Stop = directory.Disabled, directory.Operator, &directory.Stop{By: by, Reason: reason, At: Now}
	return adminapi.Closed{Object: o, Targets: []adminapi.ClosedAt{
		{Target: "wiki", Remote: "u-1", State: "closed", Ordered: Now, By: by, Reason: reason, Confirmed: Now.Add(time.Second), Took: "1s", Proof: "read back: the account u-1 is disabled"},
		{
			Target: "old", Remote: "77", State: "stopped", Why: "the token is refused", Code: "target_credentials", Ordered: Now, By: by, Reason: reason, Attempts: 1,
			Next: Now.Add(time.Minute), How: "Sign in at https://old.example/admin as an administrator and deactivate account 77.",
		},
	}}
}

// Enable says how far it got.
func (s *Service) Enable(ctx context.Context, who string, req adminapi.Opening, by access.Caller) (adminapi.Closed, error) {
	o, err := s.Object(ctx, string(directory.Person), who)
	s.note(by, "enable %s at %v (%s)", o.Name, req.Targets, req.Reason)
	return adminapi.Closed{Object: o, Targets: []adminapi.ClosedAt{{Target: "wiki", Remote: "u-1", State: "open"}}}, err
}

// Closing says how far Disable got.
func (s *Service) Closing(ctx context.Context, who string, _ time.Duration) (adminapi.Closed, error) {
	o, err := s.Object(ctx, string(directory.Person), who)
	if err != nil {
		return adminapi.Closed{}, err
	}
	return s.closing(o, "owner", "left"), nil
}

// DisableAccount closes any account but "nobody".
func (s *Service) DisableAccount(ctx context.Context, target, account string, req adminapi.Closing, by access.Caller) (adminapi.Closed, error) {
	out, err := s.ClosingAccount(ctx, target, account, 0)
	if err == nil {
		s.note(by, "disable account %s at %s (%s)", account, target, req.Reason)
	}
	return out, err
}

// EnableAccount opens it again.
func (s *Service) EnableAccount(ctx context.Context, target, account, reason string, by access.Caller) (adminapi.Closed, error) {
	out, err := s.ClosingAccount(ctx, target, account, 0)
	if err != nil {
		return out, err
	}
	s.note(by, "enable account %s at %s (%s)", account, target, reason)
	out.Targets[0].State = "open"
	return out, nil
}

// ClosingAccount says that it is closed.
func (s *Service) ClosingAccount(_ context.Context, target, account string, _ time.Duration) (adminapi.Closed, error) {
	if !isTarget(target) {
		return adminapi.Closed{}, missing("target", target)
	}
	if account == "nobody" {
		return adminapi.Closed{}, missing("account", account)
	}
	return adminapi.Closed{
		Object:  adminapi.Object{Kind: adminapi.KindAccount, Name: account},
		Targets: []adminapi.ClosedAt{{Target: target, Remote: account, State: "closed", Confirmed: Now, Proof: "read back: the account is disabled"}},
	}, nil
}
