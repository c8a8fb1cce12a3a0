package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"muster/internal/connector"
	"muster/internal/run"
)

// Check finds out what a target supports and remembers it: from now on the target is served accordingly. Nothing is written there, unless account is the
// address of a throw-away account that may be made, disabled and removed; see connector.Prober.
func (e *Engine) Check(ctx context.Context, name, account string) (connector.Probe, error) {
	t, err := e.target(name)
	if err != nil {
		return connector.Probe{}, err
	}
	prober, ok := t.Connector.(connector.Prober)
	switch {
	case !ok && account != "":
		return connector.Probe{}, fmt.Errorf("a throw-away account: %w", connector.ErrUnsupported)
	case !ok:
		f, err := t.Connector.Check(ctx)
		return connector.Probe{At: e.cfg.Now(), Features: f}, err
	}
	p, err := prober.Probe(ctx, account)
	if err != nil {
		return p, err
	}
	err = t.putState(ctx, func(s *run.Target) {
		p = p.Merge(known(*s))
		p.Features = p.Correct(p.Features)
		s.Known, _ = json.Marshal(p) // it holds text and booleans
	})
	t.can.Store(nil) // to be asked for again
	return p, err
}

// Known returns what the last test of a target has shown; the zero Probe if there was none.
func (e *Engine) Known(ctx context.Context, name string) (connector.Probe, error) {
	t, err := e.target(name)
	if err != nil {
		return connector.Probe{}, err
	}
	s, err := t.state(ctx)
	return known(s), err
}

func known(s run.Target) connector.Probe {
	var p connector.Probe
	if json.Unmarshal(s.Known, &p) != nil {
		return connector.Probe{} // never tested
	}
	return p
}

// correct returns f as the tenant has shown it to be.
func (t *target) correct(ctx context.Context, f connector.Features) (connector.Features, error) {
	s, err := t.state(ctx)
	return known(s).Correct(f), err
}
