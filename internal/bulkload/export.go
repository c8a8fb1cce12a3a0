package bulkload

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// An Exporter writes what a workspace holds in the format that Loader reads.
type Exporter struct {
	Store directory.Store
	// Attach is called with each file that a line names, once: its path below data/, and its hash. nil = lines name no files.
	Attach   func(name, hash string) error
	Progress func(lines int) // nil = nobody asks
}

// Exported says what an export wrote, and what the format cannot hold.
type Exported struct {
	Lines  int            `json:"lines"`
	Counts map[string]int `json:"counts"` // lines by type, replies too
	Notes  map[string]int `json:"notes,omitempty"`
	// Renamed are people whose usernames are not those that they have here.
	Renamed []Renamed `json:"renamed,omitempty"`
}

// Export writes everything, from one moment, in an order that does not depend on when it came in: to load an export and to export again gives the same file.
// Passwords are never in it.
func (x *Exporter) Export(ctx context.Context, to io.Writer) (Exported, error) {
	out := Exported{Counts: map[string]int{}, Notes: map[string]int{}}
	w := bufio.NewWriterSize(to, 1<<20)
	err := x.Store.View(ctx, func(r directory.Reader) error {
		e := &exporting{
			Exporter: x, ctx: ctx, r: r, space: workspace.Of(r), w: w, out: &out, names: map[directory.ID]string{}, attached: map[string]bool{},
			botNames: map[string]bool{}, odd: map[directory.ID]string{}, given: map[string]bool{}, mails: hashes{},
		}
		return e.run()
	})
	return out, errors.Join(err, w.Flush())
}

// An exporting is one export.
type exporting struct {
	*Exporter
	ctx      context.Context
	r        directory.Reader
	space    workspace.Reader
	w        *bufio.Writer
	out      *Exported
	teams    []workspace.Place                  // by name
	channels map[directory.ID][]workspace.Place // by team, by name
	places   map[directory.ID]workspace.Place   // teams and channels of teams
	bots     map[directory.ID]workspace.Bot     // all of them
	names    map[directory.ID]string            // of people, as far as they were asked for
	attached map[string]bool                    // paths that Attach had
	botNames map[string]bool
	odd      map[directory.ID]string // usernames that are not those here
	given    map[string]bool         // of odd
	mails    hashes                  // addresses that were written
}

func (x *exporting) run() error {
	for _, part := range []func() error{x.begin, x.definitions, x.writePlaces, x.users, x.writeBots, x.posts, x.directChannels, x.directPosts} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporting) write(l line) error {
	text, err := json.Marshal(l, json.Deterministic(true))
	if err != nil {
		return err
	}
	if _, err := x.w.Write(append(text, '\n')); err != nil {
		return err
	}
	x.out.Lines++
	x.out.Counts[l.Type]++
	if x.Progress != nil && x.out.Lines%1000 == 0 {
		x.Progress(x.out.Lines)
	}
	return x.ctx.Err()
}

// begin writes the version, and reads what names are made of.
func (x *exporting) begin() error {
	x.channels, x.places, x.bots = map[directory.ID][]workspace.Place{}, map[directory.ID]workspace.Place{}, map[directory.ID]workspace.Bot{}
	err := x.each([]workspace.Kind{workspace.Team, workspace.Public, workspace.Private}, func(p workspace.Place) error {
		x.places[p.ID] = p
		if p.Kind == workspace.Team {
			x.teams = append(x.teams, p)
		} else {
			x.channels[p.Team] = append(x.channels[p.Team], p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	byName := func(a, b workspace.Place) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(x.teams, byName)
	for team := range x.channels {
		slices.SortFunc(x.channels[team], byName)
	}
	bots, err := x.space.Bots(x.ctx, nil)
	if err != nil {
		return err
	}
	for _, b := range bots {
		x.bots[b.ID], x.botNames[b.Username] = b, true
	}
	return x.write(line{Type: "version", Version: new(1), Info: &info{Generator: "muster"}})
}

// each reads all places of some kinds.
func (x *exporting) each(kinds []workspace.Kind, fn func(workspace.Place) error) error {
	const page = 1000
	for after := directory.ID(""); ; {
		list, err := x.space.ListPlaces(x.ctx, workspace.PlaceQuery{Kinds: kinds, After: after, Limit: page})
		if err != nil {
			return err
		}
		for _, p := range list {
			if err := fn(p); err != nil {
				return err
			}
			after = p.ID
		}
		if len(list) < page {
			return nil
		}
	}
}

func (x *exporting) definitions() error {
	for _, kind := range []workspace.DefinitionKind{workspace.Role, workspace.Scheme, workspace.Emoji} {
		list, err := x.space.Definitions(x.ctx, kind)
		if err != nil {
			return err
		}
		for _, d := range list {
			l, err := x.definition(d)
			if err != nil {
				return err
			}
			if l.Emoji != nil && l.Emoji.Image == nil {
				x.out.Notes["emoji without an image, left out"]++
				continue
			}
			if err := x.write(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exporting) definition(d workspace.Definition) (line, error) {
	l := line{Type: string(d.Kind)}
	doc := []byte(cmp.Or(d.Doc, "{}"))
	switch d.Kind {
	case workspace.Role:
		l.Role = &role{}
		err := json.Unmarshal(doc, l.Role)
		l.Role.Name = &d.Name
		return l, err
	case workspace.Scheme:
		l.Scheme = &scheme{}
		err := json.Unmarshal(doc, l.Scheme)
		l.Scheme.Name = &d.Name
		return l, err
	}
	image, err := x.attach(d.File)
	l.Emoji = &emoji{Name: &d.Name, Image: image}
	return l, err
}

// attach returns the path of a file, nil if there is none.
func (x *exporting) attach(f workspace.File) (*string, error) {
	if f.Hash == "" || x.Attach == nil {
		return nil, nil
	}
	name := f.Hash[:2] + "/" + f.Hash + "/" + f.Name
	if x.attached[name] {
		return &name, nil
	}
	x.attached[name] = true
	if err := x.Attach(name, f.Hash); err != nil {
		return nil, fmt.Errorf("attach %s: %w", f.Name, err)
	}
	return &name, nil
}

// unlessZero is a field that is left out if it says nothing.
func unlessZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func (x *exporting) writePlaces() error {
	for _, t := range x.teams {
		kind := "I"
		if t.Open {
			kind = "O"
		}
		l := line{Type: "team", Team: &team{
			Name: &t.Name, DisplayName: &t.Title, Type: &kind, Description: unlessZero(t.Purpose), AllowOpenInvite: &t.Joinable, Scheme: unlessZero(t.Scheme),
		}}
		if err := x.write(l); err != nil {
			return err
		}
	}
	for _, t := range x.teams {
		for _, c := range x.channels[t.ID] {
			kind := map[workspace.Kind]string{workspace.Public: "O", workspace.Private: "P"}[c.Kind]
			l := line{Type: "channel", Channel: &channel{
				Team: &t.Name, Name: &c.Name, DisplayName: &c.Title, Type: &kind, Header: unlessZero(c.Header), Purpose: unlessZero(c.Purpose), Scheme: unlessZero(c.Scheme),
				DeletedAt: unlessZero(milliseconds(c.Archived)),
			}}
			if err := x.write(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exporting) writeBots() error {
	for _, b := range slices.SortedFunc(maps.Values(x.bots), func(a, b workspace.Bot) int { return cmp.Compare(a.Username, b.Username) }) {
		owner, err := x.nameOf(b.Owner)
		if err != nil {
			return err
		}
		image, err := x.attach(b.Picture)
		if err != nil {
			return err
		}
		l := line{Type: "bot", Bot: &bot{
			Username: &b.Username, Owner: &owner, DisplayName: unlessZero(b.Title), Description: unlessZero(b.Description), DeleteAt: unlessZero(milliseconds(b.Disabled)), ProfileImage: image,
		}}
		if err := x.write(l); err != nil {
			return err
		}
	}
	return nil
}
