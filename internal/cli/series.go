package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// ranges are how far back may be looked.
var ranges = []string{"1h", "24h", "7d", "30d"}

// historyOf makes a command that shows what was measured.
func (s *shell) historyOf(c *cobra.Command, show func(ctx context.Context, c *client.Client, args []string, span string) error) *cobra.Command {
	var span string
	c.Flags().StringVar(&span, "range", "24h", "how far back: 1h, 24h, 7d or 30d")
	c.RunE = s.call(func(ctx context.Context, c *client.Client, args []string) error {
		if !slices.Contains(ranges, span) {
			return usage("--range %s: there are 1h, 24h, 7d and 30d", span)
		}
		return show(ctx, c, args, span)
	})
	return c
}

func (s *shell) targetHistoryCommand() *cobra.Command {
	return s.historyOf(&cobra.Command{
		Use: "history [name]", Short: "Show how a target answered over time, or all of them", Args: args("[a target]"),
		Long: `Shows how many calls there were, how many failed and how, how long they took, how long they waited for the rate of the service, and how much of
that rate was used. Without a name there is a line for each target.

It is kept by the minute for a day and by the hour for 30 days. A step without a call is left out: of it nothing is known.`,
		Example: "  muster target history\n  muster target history wiki --range 7d",
	}, s.targetHistory)
}

func (s *shell) targetHistory(ctx context.Context, c *client.Client, args []string, span string) error {
	if len(args) == 0 {
		return s.allTargets(ctx, c, span)
	}
	x, err := c.TargetSeries(ctx, args[0], span)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(x)
	}
	s.print("%s.", x.Latency())
	if x.Total.Calls == 0 {
		return nil
	}
	s.print("%s.", x.Failures())
	for _, k := range x.Classes {
		s.print("%s.", k.Use())
	}
	var t table
	t.row("SINCE", "CALLS", "FAILED", "HALF WITHIN", "95 % WITHIN", "LONGEST", "LONGEST WAIT", "PUT OFF")
	for _, p := range x.Points {
		t.row(stamp(p.At), p.Calls.Calls, p.Failed, adminapi.Millis(p.P50), adminapi.Millis(p.P95), adminapi.Millis(p.Most), adminapi.Millis(p.WaitedMost), p.PutOff)
	}
	s.table(t, "")
	return nil
}

func (s *shell) allTargets(ctx context.Context, c *client.Client, span string) error {
	all, err := c.AllTargets(ctx, span)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(items[adminapi.TargetSeries]{all})
	}
	var t table
	t.row("TARGET", "CALLS", "FAILED", "HALF WITHIN", "95 % WITHIN", "BUSIEST RATE")
	for _, x := range all {
		rate := ""
		if len(x.Classes) > 0 && x.Classes[0].Budget > 0 {
			rate = fmt.Sprintf("%d %% of %s", x.Classes[0].Share(), x.Classes[0].Class)
		}
		if x.Total.Calls == 0 {
			t.row(x.Name, 0)
			continue
		}
		t.row(x.Name, x.Total.Calls, x.Total.Failed, adminapi.Millis(x.Total.P50), adminapi.Millis(x.Total.P95), rate)
	}
	s.table(t, "")
	return nil
}

func (s *shell) sourceHistoryCommand() *cobra.Command {
	return s.historyOf(&cobra.Command{
		Use: "history name", Short: "Show how many entries complete reads of a source saw over time", Args: args("the name of a source"),
		Long: `Shows, by search base, how many entries complete reads saw, and the number below which a read is not believed: then nobody is removed because
of it. A raised limit counts.

It is kept by the minute for a day and by the hour for 30 days. A step without a complete read is left out.`,
		Example: "  muster source history corp --range 7d",
	}, s.sourceHistory)
}

func (s *shell) sourceHistory(ctx context.Context, c *client.Client, args []string, span string) error {
	x, err := c.SourceSeries(ctx, args[0], span)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(x)
	}
	var t table
	t.row("SINCE", "BASE", "SEEN", "FEWEST", "KNOWN", "NOT BELIEVED BELOW", "READS", "NOT BELIEVED")
	for _, b := range x.Bases {
		s.print("%s.", b.Finding(x.Span))
		for _, p := range b.Points {
			t.row(stamp(p.At), b.Base, p.Seen, p.Least, p.Known, p.Floor, p.Reads, p.Tripped)
		}
	}
	switch {
	case len(x.Bases) == 0:
		s.print("%s is not read: it tells by itself.", x.Name)
	case len(t.rows) > 1:
		s.table(t, "")
	}
	return nil
}
