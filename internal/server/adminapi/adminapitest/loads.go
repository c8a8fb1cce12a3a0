package adminapitest

import (
	"context"
	"io"
	"slices"
	"time"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Load notes what was asked, with the size of the file, and starts a run.
func (s *Service) Load(_ context.Context, req adminapi.LoadRequest, file io.Reader, by access.Caller) (adminapi.Started, error) {
	n, err := io.Copy(io.Discard, file)
	s.note(by, "load %s from %s (%d bytes, skip bad %t, dry run %t, hold %t)", req.Name, req.From, n, req.SkipBad, req.DryRun, req.Hold)
	return adminapi.Started{Runs: []string{"run-load"}, Load: "load-2"}, err
}

// LoadHistory returns a load that was checked, one that was cut off and one that is over.
func (s *Service) LoadHistory(ctx context.Context) ([]adminapi.LoadView, error) {
	var out []adminapi.LoadView
	for _, id := range []string{"load-2", "load-1", "load-3", "load-4"} {
		v, err := s.LoadView(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// LoadView returns a load in one of the states.
func (s *Service) LoadView(_ context.Context, id string) (adminapi.LoadView, error) {
	bad := &adminapi.Report{
		Lines: 12_000, Counts: map[string]int{"user": 400, "post": 11_000, "team": 2}, Errors: 2, Warnings: 1, Bad: 2,
		Codes: map[string]int{"too_long": 1, "unknown_user": 1, "no_file": 1},
	}
	v := adminapi.LoadView{Load: adminapi.Load{ID: id, Name: "old.zip", By: "owner", Started: ago(time.Hour), Size: 1024, Run: "run-load", Report: bad}}
	v.Last.Run = run.Run{ID: "run-load", Kind: run.Load, Name: "old.zip", Started: ago(time.Hour), Ended: ago(59 * time.Minute), Outcome: run.Failed}
	switch id {
	case "load-1":
		v.State = "cut off"
	case "load-2":
		v.State, v.Hold = "checked", true
	case "load-3":
		v.State, v.Done, v.Last.Outcome, v.Last.Counts = "loaded", true, run.Done, map[string]int{"person added": 398, "post added": 10_990, "person there": 2}
	case "load-4":
		v.State, v.Running, v.Last.Outcome, v.Last.Phase, v.Last.Done, v.Last.Total, v.Last.PerSecond, v.Last.Left = "loading", true, run.Running, "posts", 6_000, 12_000, 4_200, 95
		v.Last.Ended, v.Report = time.Time{}, nil
	default:
		return v, missing("load", id)
	}
	return v, nil
}

// Findings returns what is wrong with each file.
func (s *Service) Findings(_ context.Context, id string, q adminapi.FindingQuery) ([]adminapi.Finding, error) {
	all := []adminapi.Finding{
		{Seq: 1, Line: 7, Type: "user", Field: "user.username", Level: "error", Code: "too_long", What: "the name has 70 characters, at most 64 are allowed", Fix: "Shorten it."},
		{Seq: 2, Line: 9, Type: "post", Level: "error", Code: "unknown_user", What: "nobody is called ghost", Fix: "Add a line for them."},
		{Seq: 3, Line: 11, Type: "post", Field: "post.attachments[0].path", Level: "warning", Code: "no_file", What: "there is no data/a.png in the file"},
	}
	if _, err := s.LoadView(context.Background(), id); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f adminapi.Finding) bool { return f.Seq <= q.After || q.Level != "" && f.Level != q.Level }), nil
}

// Loads returns one that was cut off.
func (s *Service) Loads(context.Context) ([]adminapi.Load, error) {
	return []adminapi.Load{{ID: "load-1", Name: "old.zip", By: "owner", Size: 1024, Run: "run-load"}}, nil
}

// ResumeLoad goes on with load-1, or begins load-2.
func (s *Service) ResumeLoad(_ context.Context, id string, skipBad bool, by access.Caller) (adminapi.Started, error) {
	if id != "load-1" && id != "load-2" {
		return adminapi.Started{}, missing("load", id)
	}
	s.note(by, "resume %s (skip bad %t)", id, skipBad)
	return adminapi.Started{Runs: []string{"run-load"}}, nil
}

// DropLoad forgets load-1.
func (s *Service) DropLoad(_ context.Context, id string, by access.Caller) error {
	if id != "load-1" && id != "load-2" {
		return missing("load", id)
	}
	s.note(by, "drop %s", id)
	return nil
}

// Export writes a few bytes.
func (s *Service) Export(_ context.Context, to io.Writer, by access.Caller) error {
	s.note(by, "export")
	_, err := io.WriteString(to, "PK")
	return err
}
