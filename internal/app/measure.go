package app

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"muster/internal/directory"
	"muster/internal/httpclient"
	"muster/internal/ingest"
	"muster/internal/series"
)

// countCalls returns what counts the calls to a target.
func (m *Muster) countCalls(target string, pace httpclient.Pace) func(httpclient.Call) {
	budgets := map[string]int{}
	for _, c := range pace.Classes {
		budgets[c.Name] = int(math.Round(c.Rate.PerSecond * 60))
	}
	return func(c httpclient.Call) {
		s := series.Sample{At: c.At, Took: c.Took, Waited: c.Waited, Result: resultOf(c)}
		for _, name := range c.Classes {
			s.Classes = append(s.Classes, series.Class{Name: name, Budget: budgets[name]})
		}
		m.meter.Call(target, s)
	}
}

// resultOf says how a call ended. That something asked for is not there is an answer.
func resultOf(c httpclient.Call) series.Result {
	switch {
	case c.PutOff:
		return series.PutOff
	case c.Throttled:
		return series.Throttled
	case c.Broken || c.Status == 0:
		return series.Unreachable
	case c.Status >= 500:
		return series.Failed
	case c.Status == http.StatusNotFound && (c.Method == http.MethodGet || c.Method == http.MethodHead):
		return series.Answered
	case c.Status >= 300:
		return series.Refused
	}
	return series.Answered
}

// countRead counts what a complete read of a source saw of each base.
func (m *Muster) countRead(source string, at time.Time, bases []ingest.BaseCount) {
	for _, b := range bases {
		c := series.Count{Source: source, Base: string(b.Base), Last: at, Seen: b.Seen, Known: b.Known, Floor: b.Floor}
		if b.Tripped {
			c.Tripped = 1
		}
		m.meter.Read(c)
	}
}

// measure writes what was measured every minute, and removes what is kept no longer every hour, until ctx ends. A failure is logged and what could not be
// written is tried again with the next minute: nothing depends on it.
func (m *Muster) measure(ctx context.Context) error {
	tick := time.NewTicker(series.Minute)
	defer tick.Stop()
	for pruned := (time.Time{}); ; {
		now := m.now()
		err := m.meter.Flush(ctx, m.Store, series.Align(now, series.Minute))
		if now.Sub(pruned) >= series.Hour {
			pruned = now
			err = errors.Join(err, m.pruneSeries(ctx, now))
		}
		if err != nil && ctx.Err() == nil {
			m.log.Warn("what was measured could not be kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (m *Muster) pruneSeries(ctx context.Context, now time.Time) error {
	for {
		var n int64
		err := m.Store.Update(ctx, "prune", func(tx directory.Tx) (err error) {
			n, err = series.In(tx).Prune(ctx, now)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// keepMeasured writes what was measured and is not written yet: this process ends.
func (m *Muster) keepMeasured() error {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	return m.meter.Flush(ctx, m.Store, m.now().Add(series.Minute))
}
