package app

import (
	"cmp"
	"context"

	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/server/adminapi"
)

// Drift implements adminapi.Drifts.
func (m *Muster) Drift(ctx context.Context, target string, limit int) ([]adminapi.Drift, error) {
	if _, ok := m.File.Target(target); target != "" && !ok {
		return nil, m.unknown("target", target)
	}
	out := []adminapi.Drift{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		for _, t := range m.File.Targets {
			if target != "" && t.Name != target || len(out) >= limit {
				continue
			}
			found, err := link.Of(v).Drifts(ctx, t.Name, limit-len(out))
			if err != nil {
				return err
			}
			for _, d := range found {
				x, err := driftView(ctx, v, t, d)
				if err != nil {
					return err
				}
				out = append(out, x)
			}
		}
		return nil
	})
}

func driftView(ctx context.Context, v directory.Reader, t config.Target, d link.Drift) (adminapi.Drift, error) {
	x := adminapi.Drift{
		Target: d.Target, Object: d.Object, Kind: string(d.Kind), Field: d.Field, Account: string(d.Foreign), Wanted: d.Wanted, Found: d.Found, Since: d.Since,
		Repairs: t.Rules.Drift != mapping.Report,
	}
	name, err := handle(ctx, v, d.Object)
	if err != nil {
		return x, err
	}
	x.Name = cmp.Or(name, string(d.Object))
	switch {
	case d.Member != "":
		if name, err = handle(ctx, v, d.Member); err != nil {
			return x, err
		}
		x.Member = cmp.Or(name, string(d.Member))
	case d.Foreign != "":
		seen, err := link.Of(v).GetObserved(ctx, d.Target, connector.User, []connector.RemoteID{d.Foreign})
		if err != nil {
			return x, err
		}
		x.Member = string(d.Foreign)
		for _, o := range seen {
			x.Member = cmp.Or(o.Attrs.First("userName"), x.Member)
		}
	}
	return x, nil
}
