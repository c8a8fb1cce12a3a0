package bulkload

import (
	"context"
	"strings"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// known says which names exist before a file is loaded. What cannot be looked up does not: the load meets the same error, and says so.
func (l *Loader) known(ctx context.Context, from string) func(kind, name string) bool {
	cache := map[[2]string]bool{}
	return func(kind, name string) bool {
		key := [2]string{kind, strings.ToLower(name)}
		there, asked := cache[key]
		if !asked {
			err := l.Store.View(ctx, func(r directory.Reader) (err error) {
				there, err = look(ctx, r, from, kind, key[1])
				return err
			})
			there = there && err == nil
			cache[key] = there
		}
		return there
	}
}

func look(ctx context.Context, r directory.Reader, from, kind, name string) (bool, error) {
	space := workspace.Of(r)
	switch kind {
	case "user":
		return lookUser(ctx, r, from, name)
	case "team":
		found, err := space.PlacesByName(ctx, "", []string{name})
		return len(found) > 0 && found[0].Kind == workspace.Team, err
	case "channel":
		team, channel, _ := strings.Cut(name, "/")
		teams, err := space.PlacesByName(ctx, "", []string{team})
		if err != nil || len(teams) == 0 {
			return false, err
		}
		found, err := space.PlacesByName(ctx, teams[0].ID, []string{channel})
		return len(found) > 0, err
	}
	found, err := space.Definitions(ctx, workspace.DefinitionKind(kind))
	for _, d := range found {
		if strings.EqualFold(d.Name, name) {
			return true, err
		}
	}
	return false, err
}

func lookUser(ctx context.Context, r directory.Reader, from, name string) (bool, error) {
	marks, err := r.Marks(ctx, Source, []string{from + "/" + name})
	if err != nil || len(marks) > 0 {
		return len(marks) > 0, err
	}
	people, err := r.ObjectsByHandle(ctx, directory.Person, []string{name})
	if err != nil || len(people) > 0 {
		return len(people) > 0, err
	}
	bots, err := workspace.Of(r).Bots(ctx, []string{name})
	return len(bots) > 0, err
}
