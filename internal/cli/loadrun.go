package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) loadRunCommand() *cobra.Command {
	var req adminapi.LoadRequest
	c := &cobra.Command{
		Use: "run file", Short: "Load a file: teams, channels, people, memberships, posts", Args: args("file"),
		Long: "Loads a JSONL file, or a ZIP with one and its attachments below data/. Lines may stand in any order. All bad lines are told before anything is\n" +
			"written, and keep the file out unless --on-error is skip. Loading a file again changes nothing; a load that was cut off goes on with\n" +
			"muster load resume.\n\n" +
			"People come in like those of any source. Who has a username that belongs to somebody else here waits, with their posts: a name is no proof.\n" +
			"A password is touched only where a line carries one, and never in place of one that was set here.",
		Example: "  muster load run export.zip --dry-run\n  muster load run export.zip\n  muster load run other.zip --from oldchat --on-error skip",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return &run.Problem{Code: "load_file", What: "the file cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Name a JSONL file, or a ZIP with one in its root."}
			}
			defer func() { _ = f.Close() }() // only read
			req.Name = filepath.Base(args[0])
			started, err := c.Load(ctx, req, f)
			if err != nil {
				return err
			}
			return s.followLoad(ctx, c, started)
		}),
	}
	c.Flags().StringVar(&req.From, "from", "", "`name` of the installation it was exported from (\"default\" if not said)")
	onError(c, &req.SkipBad)
	c.Flags().BoolVar(&req.Hold, "hold", false, "check the file there and keep it; muster load resume loads it")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "say what is wrong with the file here, and write nothing")
	return c
}

// onError adds the flags that say what becomes of a file with bad lines.
func onError(c *cobra.Command, skip *bool) {
	c.Flags().Var((*skipping)(skip), "on-error", "with bad lines, `stop` before anything is written, or skip them and load what is right")
	c.Flags().BoolVar(skip, "skip-bad", false, "the same as --on-error skip")
}

// skipping is a flag that is stop or skip.
type skipping bool

func (s *skipping) String() string {
	if *s {
		return "skip"
	}
	return "stop"
}

func (s *skipping) Set(text string) error {
	if text != "stop" && text != "skip" {
		return fmt.Errorf("say stop or skip, not %q", text)
	}
	*s = text == "skip"
	return nil
}

func (*skipping) Type() string { return "what" }

// followLoad waits for a load and tells what came of it.
func (s *shell) followLoad(ctx context.Context, c *client.Client, started adminapi.Started) error {
	runs, err := s.follow(ctx, c, started.Runs)
	if err != nil {
		return cutOff(ctx, err)
	}
	if s.json {
		if err := s.printJSON(items[adminapi.RunView]{runs}); err != nil {
			return err
		}
		return exitOf(runs)
	}
	s.results(runs)
	return exitOf(runs)
}

// cutOff says of an error while a load is followed that the load goes on later: whoever it runs on has stopped.
func cutOff(ctx context.Context, err error) error {
	p := (*run.Problem)(nil)
	if ctx.Err() != nil || errors.As(err, &p) && p.Code != "internal" {
		return err
	}
	return &run.Problem{
		Code: "load_stopped", What: "the server stopped while it was loading", Why: err.Error(), Now: "What was loaded stays. How far it came is kept.",
		Fix: "Start the server again, and then: muster load resume",
	}
}

func (s *shell) loadStatusCommand() *cobra.Command {
	all := false
	c := &cobra.Command{
		Use: "status", Short: "Show loads that are not done", Args: args(),
		Long: "Shows loads that run, wait to be loaded after a check, were cut off, or have people that wait; with --all those that are over too.",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			loads, err := c.LoadHistory(ctx)
			if err != nil {
				return err
			}
			loads = slices.DeleteFunc(loads, func(l adminapi.LoadView) bool { return l.Done && !all })
			if s.json {
				return s.printJSON(items[adminapi.LoadView]{loads})
			}
			if len(loads) == 0 {
				s.say("No load is under way.")
				return nil
			}
			t := table{}
			t.row("LOAD", "FILE", "SIZE", "STARTED", "BY", "NOW")
			for _, l := range loads {
				t.row(l.ID, l.Name, l.Size, stamp(l.Started), l.By, loadState(l))
			}
			s.table(t, "")
			s.next("muster load show LOAD")
			return nil
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "those that are over too")
	return c
}

// loadState says where a load stands.
func loadState(l adminapi.LoadView) string {
	switch l.State {
	case "checking", "loading":
		return l.Last.Phase + far(l.Last)
	case "waiting":
		return "people wait"
	case "checked":
		return fmt.Sprintf("checked, %s: muster load resume", plural(l.Report.Errors, "error", "errors"))
	}
	return l.State
}

func (s *shell) loadShowCommand() *cobra.Command {
	q := adminapi.FindingQuery{Limit: 100}
	c := &cobra.Command{
		Use: "show load", Short: "Show what was found in a file, and what came of it", Args: args("load"),
		Example: "  muster load show 06fq0h2k9v --level error --limit 1000",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			l, err := c.LoadView(ctx, args[0])
			if err != nil {
				return err
			}
			found, err := c.Findings(ctx, l.ID, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(struct {
					adminapi.LoadView
					Findings []adminapi.Finding `json:"findings"`
				}{l, found})
			}
			s.loadReport(l, found)
			return nil
		}),
	}
	c.Flags().StringVar(&q.Level, "level", "", "only errors, or only warnings: `error` or warning")
	c.Flags().IntVar(&q.After, "after", 0, "findings behind the one with this number")
	c.Flags().IntVar(&q.Limit, "limit", q.Limit, "at most this many findings")
	return c
}

func (s *shell) loadReport(l adminapi.LoadView, found []adminapi.Finding) {
	s.print("%s: %s", l.Name, loadState(l))
	if r := l.Report; r != nil {
		s.print("%s, %s in %s, %s", plural(r.Lines, "line", "lines"), plural(r.Errors, "error", "errors"), plural(r.Bad, "line", "lines"), plural(r.Warnings, "warning", "warnings"))
		s.foundCodes(r.Codes)
	}
	for _, f := range found {
		s.finding(findingOf(f))
	}
	if l.Run != "" {
		s.next("muster runs " + l.Run)
	}
}

func (s *shell) loadResumeCommand() *cobra.Command {
	skipBad := false
	c := &cobra.Command{
		Use: "resume [load]", Short: "Go on with a load that was cut off or only checked, or whose people waited", Args: args("[load]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := s.whichLoad(ctx, c, args)
			if err != nil {
				return err
			}
			started, err := c.ResumeLoad(ctx, id, skipBad)
			if err != nil {
				return err
			}
			return s.followLoad(ctx, c, started)
		}),
	}
	onError(c, &skipBad)
	return c
}

// whichLoad returns the load that was named, or the only one there is.
func (s *shell) whichLoad(ctx context.Context, c *client.Client, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	loads, err := c.Loads(ctx)
	if err != nil {
		return "", err
	}
	switch len(loads) {
	case 1:
		return loads[0].ID, nil
	case 0:
		return "", &run.Problem{Code: adminapi.NotFound, What: "there is no load to go on with", Now: "Nothing was changed.", Fix: "muster load run FILE starts one."}
	}
	return "", usage("there are %d loads: say which (muster load status)", len(loads))
}

func (s *shell) loadDropCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drop load", Short: "Forget a load; what it brought stays", Args: args("load"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.DropLoad(ctx, args[0]); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(struct{}{})
			}
			s.print("The load is forgotten. What it brought stays.")
			return nil
		}),
	}
}

func (s *shell) loadExportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export file", Short: "Write everything into a ZIP that can be loaded", Args: args("file"),
		Long: "Writes teams, channels, people, memberships and posts with their attachments, as they are at one moment, in the format that muster load run\n" +
			"takes. Passwords are not in it. The file must not exist.",
		Example: "  muster load export everything.zip",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return s.export(ctx, c, args[0])
		}),
	}
}

// export writes into a file beside the one that is wanted, so that this is whole or not there.
func (s *shell) export(ctx context.Context, c *client.Client, name string) error {
	cannot := func(err error) error {
		return &run.Problem{Code: "load_export", What: "the export cannot be written to " + name, Why: err.Error(), Now: "There is no export.", Fix: "Name a file that does not exist, in a folder with room."}
	}
	if _, err := os.Lstat(name); err == nil {
		return cannot(os.ErrExist)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".muster-export-")
	if err != nil {
		return cannot(err)
	}
	w := &fileWriter{f: f}
	err = c.Export(ctx, w)
	if closed := errors.Join(w.err, f.Sync(), f.Close()); closed != nil {
		err = cannot(closed)
	}
	if err == nil {
		if err = os.Rename(f.Name(), name); err != nil {
			err = cannot(err)
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if s.json {
		return s.printJSON(struct {
			File  string `json:"file"`
			Bytes int64  `json:"bytes"`
		}{name, w.n})
	}
	s.print("%s: %d bytes", name, w.n)
	return nil
}

// fileWriter keeps what writing failed with: a full disk is not the server's fault.
type fileWriter struct {
	f   io.Writer
	n   int64
	err error
}

func (w *fileWriter) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.n += int64(n)
	w.err = errors.Join(w.err, err)
	return n, err
}
