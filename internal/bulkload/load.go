package bulkload

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/source"
	"muster/internal/workspace/files"
)

// Source is the source that loaded people come from, for package ingest.
const Source = directory.Loaded

// Rules say what becomes of a loaded user. A username that somebody has already makes them wait: nobody is taken for somebody else.
func Rules() mapping.SourceRules {
	from := func(field string) mapping.Rule { return mapping.Rule{Expr: "record." + field} }
	return mapping.SourceRules{Name: Source, People: mapping.Rules{
		directory.Username: from("username"), directory.Email: from("email"), "givenName": from("first_name"), "familyName": from("last_name"),
		"nickname": from("nickname"), "title": from("position"),
		directory.Name: {Expr: "record.first_name == '' && record.last_name == '' ? record.username : (record.first_name + ' ' + record.last_name).trim()"},
	}}
}

// A Loader brings files into a workspace.
type Loader struct {
	Store  directory.Store
	Door   *ingest.Door // with Rules
	Keeper *access.Keeper
	Files  *files.Folder
	Now    func() time.Time
}

// LoadOptions say how to load.
type LoadOptions struct {
	// From names the installation that the file was exported from: a username means the same person in every file from there. "" = "default".
	From string
	// SkipBad loads what is right of a file with bad lines. Otherwise such a file is refused before anything is written.
	SkipBad bool
	Found   func(Finding) // as in Options
	// Progress is called after every step of the work. nil = nobody asks.
	Progress func(Progress)
}

// A Progress says how far a load is.
type Progress struct {
	Step  string `json:"step"` // what is loaded now
	Line  int    `json:"line"` // the last line of it that is durable
	Done  int    `json:"done"` // lines of all steps
	Total int    `json:"total"`
}

// A Result is what came of a load.
type Result struct {
	Report
	ID      string         `json:"id"`                // of what the file says: the same for every copy of it
	Resumed bool           `json:"resumed,omitempty"` // an earlier load of the file was cut off, and this one went on there
	Written map[string]int `json:"written"`           // "team added", "post unchanged" …: all that the file holds, once each
	Waiting []Wait         `json:"waiting,omitempty"` // people who could not be told apart from others
	// MoreWaiting is how many people wait besides those listed.
	MoreWaiting int `json:"more_waiting,omitempty"`
}

// A Wait is somebody who is not loaded until a person has decided, and why.
type Wait struct {
	Username string `json:"username"`
	Why      string `json:"why"`
}

// ErrBadLines says that a file was refused because lines of it are bad.
var ErrBadLines = errors.New("lines of the file are bad")

// Try says what is wrong with a file, here and now, and writes nothing.
func (l *Loader) Try(ctx context.Context, a *Archive, o LoadOptions) (Result, error) {
	report, err := Validate(ctx, a, Options{Known: l.known(ctx, cmp.Or(o.From, usual)), Meet: l.meet(cmp.Or(o.From, usual)), Found: o.Found, Progress: o.checking()})
	if err == nil && report.Errors > 0 {
		err = ErrBadLines
	}
	return Result{Report: report}, err
}

const usual = "default"

// checking tells of the lines that were read before any step.
func (o LoadOptions) checking() func(int) {
	if o.Progress == nil {
		return nil
	}
	return func(lines int) { o.Progress(Progress{Step: "checking the file", Done: lines}) }
}

// Load brings a file in. What it wrote is durable step by step, together with how far it came: a load that was cut off goes on where it was, and a file that is
// loaded again changes nothing. Bad lines are found before anything is written. Over ends it.
func (l *Loader) Load(ctx context.Context, a *Archive, o LoadOptions) (Result, error) {
	o.From = cmp.Or(o.From, usual)
	v, err := validate(ctx, a, Options{Known: l.known(ctx, o.From), Meet: l.meet(o.From), Found: o.Found, Progress: o.checking()})
	sum := sha256.Sum256(append(v.sum.Sum(nil), o.From...))
	r := Result{Report: v.report, ID: hex.EncodeToString(sum[:13])}
	if err != nil {
		return r, err
	}
	if r.Errors > 0 && !o.SkipBad {
		return r, ErrBadLines
	}
	w := &loading{Loader: l, a: a, o: o, bad: v.bad, stale: v.book.stale, users: v.book.defined, met: map[string]bool{}, result: &r}
	if err := w.resume(ctx); err != nil {
		return r, err
	}
	return r, w.run(ctx)
}

// A loading is one load.
type loading struct {
	*Loader
	a      *Archive
	o      LoadOptions
	bad    map[int]bool
	stale  map[int]int     // as in book
	users  map[uint64]int  // as in book
	met    map[string]bool // who of those waiting was named by a line of this run
	result *Result
	at     mark
	total  int
	door   *ingest.Reading // by which people come in
}

// A mark is how far a load came. It is stored with what it stands for.
type mark struct {
	Step    int            `json:"step"`
	Line    int            `json:"line"`
	Done    int            `json:"done"`
	Written map[string]int `json:"written"`
}

// cursor is where the mark of a load is kept.
func cursor(id string) string { return Source + ":" + id }

// resume finds out how far an earlier load of the same file came.
func (w *loading) resume(ctx context.Context) error {
	w.at.Written = map[string]int{}
	var text string
	err := w.Store.View(ctx, func(r directory.Reader) (err error) {
		text, err = r.Cursor(ctx, cursor(w.result.ID))
		return err
	})
	if err != nil || text == "" {
		return err
	}
	w.result.Resumed = true
	return json.Unmarshal([]byte(text), &w.at)
}

// keep stores how far the load is, in the transaction that brought it there.
func (w *loading) keep(ctx context.Context, tx directory.Tx, at mark) error {
	text, err := json.Marshal(at, json.Deterministic(true))
	if err != nil {
		return err
	}
	return tx.SetCursor(ctx, cursor(w.result.ID), string(text))
}

// run takes the steps that are left.
func (w *loading) run(ctx context.Context) error {
	defer func() { w.result.Written = w.at.Written }()
	var err error
	if w.door, err = w.Door.Read(Source); err != nil {
		return err
	}
	list := w.steps()
	for _, s := range list {
		w.total += w.lines(s)
	}
	for ; w.at.Step < len(list); w.at.Step, w.at.Line = w.at.Step+1, 0 {
		s := list[w.at.Step]
		if w.lines(s) == 0 {
			continue
		}
		if err := w.take(ctx, s); err != nil {
			return fmt.Errorf("load %s, after line %d: %w", s.name, w.at.Line, err)
		}
	}
	if err := w.ask(ctx); err != nil {
		return err
	}
	return w.listWaiting(ctx)
}

// Over forgets how far a load came, once the caller keeps what came of it: in one transaction, so that a load that is cut off at its very end still knows, when
// it goes on, what it brought.
func (l *Loader) Over(ctx context.Context, tx directory.Tx, r Result) error {
	return tx.SetCursor(ctx, cursor(r.ID), "")
}

const actor directory.Actor = "load"

// lines returns how many lines a step has to take.
func (w *loading) lines(s step) (n int) {
	if s.counts != "" {
		return w.result.Counts[s.counts]
	}
	for _, t := range s.types {
		n += w.result.Counts[t]
	}
	return n
}

// write does one piece of a step in one transaction, and keeps how far that is.
func (w *loading) write(ctx context.Context, s step, p piece) error {
	var next mark
	err := w.Store.Update(ctx, actor, func(tx directory.Tx) error {
		next = mark{Step: w.at.Step, Line: p[len(p)-1].no, Done: w.at.Done + len(p), Written: maps.Clone(w.at.Written)}
		b := &brought{ctx: ctx, tx: tx, loading: w, written: next.Written}
		if err := s.write(b, p); err != nil {
			return err
		}
		return w.keep(ctx, tx, next)
	})
	if err != nil {
		return err
	}
	w.at = next
	if w.o.Progress != nil {
		w.o.Progress(Progress{Step: s.name, Line: next.Line, Done: next.Done, Total: w.total})
	}
	return nil
}

// ask has those people decided about by a person who have the usernames of others: also of whom an earlier, cut off load told.
func (w *loading) ask(ctx context.Context) error {
	err := w.waiting(ctx, func(page []directory.Record) error {
		var batch source.Batch
		for _, rec := range page {
			batch.Records = append(batch.Records, source.Record{
				Kind: source.Person, Key: source.Key(rec.Key), Base: source.Base(rec.Base), Name: rec.Name, Attrs: rec.Attrs, Disabled: rec.Disabled,
			})
		}
		return w.door.Take(ctx, batch)
	})
	if err != nil {
		return err
	}
	return w.door.Ask(ctx)
}

// concerns reports whether the file names somebody who waits. Whoever waits since an earlier file, and is not in this one, is no matter of this load.
func (w *loading) concerns(username string) bool {
	line, states := w.users[hash(aUser, username)]
	return states && !w.bad[line] || w.met[username]
}

// waiting yields page after page of who of the people of the file waits.
func (w *loading) waiting(ctx context.Context, yield func([]directory.Record) error) error {
	for after := ""; ; {
		var page, ours []directory.Record
		err := w.Store.View(ctx, func(r directory.Reader) (err error) {
			page, err = r.Waiting(ctx, Source, after, 500)
			return err
		})
		for _, rec := range page {
			after = rec.Key
			if from, name := cutKey(rec.Key); from == w.o.From && rec.Object == "" && w.concerns(name) {
				ours = append(ours, rec)
			}
		}
		if err == nil && len(ours) > 0 {
			err = yield(ours)
		}
		if err != nil || len(page) < 500 {
			return err
		}
	}
}

const listedWaiting = 100

// listWaiting lists who of the people in the file waits.
func (w *loading) listWaiting(ctx context.Context) error {
	return w.waiting(ctx, func(page []directory.Record) error {
		for _, rec := range page {
			if len(w.result.Waiting) == listedWaiting {
				w.result.MoreWaiting++
				continue
			}
			w.result.Waiting = append(w.result.Waiting, Wait{rec.Attrs.First("username"), rec.Waiting})
		}
		return nil
	})
}
