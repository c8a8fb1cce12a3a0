package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"muster/internal/series"
)

type (
	seriesReader struct{ *session }
	seriesTx     struct{ seriesReader }
)

var _ series.Tx = seriesTx{}

// SeriesReader returns the reading half of package series' contract.
func (r reader) SeriesReader() series.Reader { return seriesReader(r) }

// SeriesTx returns package series' contract.
func (t tx) SeriesTx() series.Tx { return seriesTx{seriesReader{t.session}} }

// A figure is a column that is added up, or of which the largest or the smallest counts, or the one of the newest read.
type figure struct{ column, fold string }

const (
	sums     = "sum"
	largest  = "max"
	smallest = "min"
	newest   = "newest"
)

// callFigures are the columns of calls behind the key, in the order of callNumbers.
var callFigures = append([]figure{
	{"calls", sums},
	{"throttled", sums},
	{"refused", sums},
	{"failed", sums},
	{"unreachable", sums},
	{"put_off", sums},
	{"took_us", sums},
	{"took_most_us", largest},
	{"waited_us", sums},
	{"waited_most_us", largest},
	{"used", sums},
	{"peak", largest},
	{"budget", largest},
}, partFigures()...)

func partFigures() []figure {
	var out []figure
	for i := range series.Bounds {
		out = append(out, figure{fmt.Sprintf("w%d", i), sums})
	}
	return out
}

// countFigures are the columns of counts behind the key.
var countFigures = []figure{
	{"last_ms", largest}, {"reads", sums}, {"tripped", sums}, {"seen", newest}, {"least", smallest}, {"known", newest}, {"floor", newest},
}

func columnsOf(figures []figure) string {
	var names []string
	for _, f := range figures {
		names = append(names, f.column)
	}
	return strings.Join(names, ", ")
}

// addTo is what becomes of a row that is there already.
func addTo(table, key string, figures []figure) string {
	var set []string
	for _, f := range figures {
		have, in := table+"."+f.column, "excluded."+f.column
		text := have + " + " + in
		switch f.fold {
		case largest:
			text = "case when " + in + " > " + have + " then " + in + " else " + have + " end"
		case smallest:
			text = "case when " + in + " < " + have + " then " + in + " else " + have + " end"
		case newest:
			text = "case when excluded.last_ms >= " + table + ".last_ms then " + in + " else " + have + " end"
		}
		set = append(set, f.column+" = "+text)
	}
	return " on conflict (" + key + ") do update set " + strings.Join(set, ", ")
}

// AddCalls implements series.Tx.
func (t seriesTx) AddCalls(ctx context.Context, minutes []series.Calls) error {
	for _, kept := range []time.Duration{series.Minute, series.Hour} {
		_, err := bulk(ctx, t.session, make(table, 4+len(callFigures)), "insert into call_sample (target, kept, at_ms, class, "+columnsOf(callFigures)+")",
			addTo("call_sample", "target, kept, at_ms, class", callFigures), series.MergeCalls(minutes, kept), func(c series.Calls, a []any) []any {
				return append(append(a, c.Target, seconds(kept), ms(c.At), c.Class), callNumbers(c.Figures)...)
			})
		if err != nil {
			return fmt.Errorf("add calls: %w", err)
		}
	}
	return nil
}

func callNumbers(f series.Figures) []any {
	out := []any{
		f.Calls, f.Throttled, f.Refused, f.Failed, f.Unreachable, f.PutOff, f.Took.Microseconds(), f.TookMost.Microseconds(),
		f.Waited.Microseconds(), f.WaitedMost.Microseconds(), f.Used, f.Peak, f.Budget,
	}
	for _, n := range f.Within {
		out = append(out, n)
	}
	return out
}

// Calls implements series.Reader.
func (r seriesReader) Calls(ctx context.Context, q series.Query) ([]series.Calls, error) {
	var of []string
	for _, f := range callFigures {
		of = append(of, "cast("+f.fold+"("+f.column+") as bigint)")
	}
	return collect(ctx, r.session, scanCalls, "select target, class, at_ms - at_ms % $4 as step, "+strings.Join(of, ", ")+
		" from call_sample where target = $1 and kept = $2 and at_ms >= $3 group by target, class, step order by step, class",
		q.Of, seconds(q.Kept), ms(q.Since), q.Step.Milliseconds())
}

func scanCalls(rows *sql.Rows, c *series.Calls) error {
	var at, took, tookMost, waited, waitedMost int64
	into := []any{
		&c.Target, &c.Class, &at, &c.Calls, &c.Throttled, &c.Refused, &c.Failed, &c.Unreachable, &c.PutOff, &took, &tookMost, &waited, &waitedMost, &c.Used, &c.Peak, &c.Budget,
	}
	for i := range c.Within {
		into = append(into, &c.Within[i])
	}
	err := rows.Scan(into...)
	c.At, c.Took, c.TookMost = moment(at), micros(took), micros(tookMost)
	c.Waited, c.WaitedMost = micros(waited), micros(waitedMost)
	return err
}

// AddCounts implements series.Tx.
func (t seriesTx) AddCounts(ctx context.Context, minutes []series.Count) error {
	for _, kept := range []time.Duration{series.Minute, series.Hour} {
		_, err := bulk(ctx, t.session, make(table, 4+len(countFigures)), "insert into count_sample (source, kept, at_ms, base, "+columnsOf(countFigures)+")",
			addTo("count_sample", "source, kept, at_ms, base", countFigures), series.MergeCounts(minutes, kept), func(c series.Count, a []any) []any {
				return append(a, c.Source, seconds(kept), ms(c.At), c.Base, ms(c.Last), c.Reads, c.Tripped, c.Seen, c.Least, c.Known, c.Floor)
			})
		if err != nil {
			return fmt.Errorf("add counts: %w", err)
		}
	}
	return nil
}

// Counts implements series.Reader. Which read of a step was the newest is found here: its rows are few.
func (r seriesReader) Counts(ctx context.Context, q series.Query) ([]series.Count, error) {
	rows, err := collect(ctx, r.session, scanCount, "select source, base, at_ms, "+columnsOf(countFigures)+
		" from count_sample where source = $1 and kept = $2 and at_ms >= $3 order by at_ms, base", q.Of, seconds(q.Kept), ms(q.Since))
	return series.MergeCounts(rows, q.Step), err
}

func scanCount(rows *sql.Rows, c *series.Count) error {
	var at, last int64
	err := rows.Scan(&c.Source, &c.Base, &at, &last, &c.Reads, &c.Tripped, &c.Seen, &c.Least, &c.Known, &c.Floor)
	c.At, c.Last = moment(at), moment(last)
	return err
}

// Prune implements series.Tx.
func (t seriesTx) Prune(ctx context.Context, now time.Time) (int64, error) {
	var sum int64
	for _, kept := range []time.Duration{series.Minute, series.Hour} {
		for name, key := range map[string]string{"call_sample": "target, kept, at_ms, class", "count_sample": "source, kept, at_ms, base"} {
			n, err := t.exec(ctx, "delete from "+name+" where ("+key+") in (select "+key+" from "+name+" where kept = $1 and at_ms < $2 order by at_ms limit $3)",
				seconds(kept), ms(series.Outdated(kept, now)), int64(pruneRows))
			if sum += n; err != nil {
				return sum, fmt.Errorf("prune %s: %w", name, err)
			}
		}
	}
	return sum, nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
