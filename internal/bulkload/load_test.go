package bulkload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/source"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/workspace"
	"muster/internal/workspace/files"
)

// A hall is a place to load files into.
type hall struct {
	bulkload.Loader
	t      *testing.T
	folder string
}

func newHall(t *testing.T) *hall {
	t.Helper()
	folder := t.TempDir()
	s, err := store.Open(t.Context(), storetest.SQLite(t, folder), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := files.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(f.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	rules, err := mapping.CompileSource(bulkload.Rules())
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.UnixMilli(1_750_000_000_000) }
	door := &ingest.Door{Store: s, Rules: []ingest.Rules{{Source: bulkload.Source, Mapping: rules, Once: true}}, Now: now, Log: slog.New(slog.DiscardHandler)}
	return &hall{bulkload.Loader{Store: s, Door: door, Keeper: &access.Keeper{Store: s, Now: now}, Files: f, Now: now}, t, folder}
}

func (h *hall) load(ctx context.Context, file string, o bulkload.LoadOptions) (bulkload.Result, error) {
	h.t.Helper()
	a, err := bulkload.Open(file)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			h.t.Error(err)
		}
	}()
	r, err := h.Load(ctx, a, o)
	if err == nil {
		err = h.Store.Update(ctx, "test", func(tx directory.Tx) error { return h.Over(ctx, tx, r) })
	}
	return r, err
}

// town is an installation: lines in an order that helps nobody.
const town = `{"type":"post","post":{"team":"Staff","channel":"news","user":"ada","message":"hello","create_at":1700000000000,"edit_at":1700000000500,"is_pinned":true,"props":{"a": 1},"flagged_by":["ben"],"reactions":[{"user":"ben","emoji_name":"tada","create_at":1700000001000}],"attachments":[{"path":"a/b.txt"},{"path":"none.txt"}],"thread_followers":[{"user":"ben","last_viewed":5,"unread_mentions":1}],"replies":[{"user":"ben","message":"hi","create_at":1600000000000},{"user":"hal","message":"beep","create_at":1700000002000}]}}
{"type":"direct_post","direct_post":{"channel_members":["ada","ben"],"user":"ben","message":"psst","create_at":1700000003000}}
{"type":"direct_channel","direct_channel":{"members":["ben","ada"],"header":"h","favorited_by":["ada"]}}
{"type":"bot","bot":{"username":"hal","owner":"ada","display_name":"Hal"}}
{"type":"user","user":{"username":"Ada","email":"Ada@example.com","first_name":"Ada","last_name":"Fox","roles":"system_user system_admin","locale":"de","theme":"dark","auth_service":"saml","auth_data":"ada-1","profile_image":"ada.png","teams":[{"name":"staff","roles":"team_admin","channels":[{"name":"news","roles":"channel_admin","favorite":true,"msg_count":3,"msg_count_root":2}]}]}}
{"type":"user","user":{"username":"ben","email":"ben@example.com","delete_at":1650000000000,"teams":[{"name":"staff","roles":"team_user"}]}}
{"type":"channel","channel":{"team":"staff","name":"news","type":"P","display_name":"News","deleted_at":1700000009000}}
{"type":"team","team":{"name":"staff","display_name":"The staff","type":"O","allow_open_invite":true,"description":"all of us"}}
{"type":"emoji","emoji":{"name":"fox","image":"fox.png"}}
{"type":"scheme","scheme":{"name":"calm","display_name":"Calm","scope":"channel","default_channel_admin_role":{"name":"ca","display_name":"CA"},"default_channel_user_role":{"name":"cu","display_name":"CU"}}}
{"type":"role","role":{"name":"r","display_name":"R","permissions":["create_post"]}}
{"type":"version","version":1}
`

func writeTown(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "import.jsonl")
	write(t, file, []byte(town))
	for name, text := range map[string]string{"a/b.txt": "attached", "fox.png": "fox", "ada.png": "ada"} {
		write(t, filepath.Join(folder, "data", name), []byte(text))
	}
	return file
}

// M4, M12: a file is loaded whatever the order of its lines, all of what it holds is counted, and loading it again changes nothing.
func TestLoad(t *testing.T) {
	h, file := newHall(t), writeTown(t)
	r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"role added": 1, "scheme added": 1, "emoji added": 1, "team added": 1, "channel added": 1, "person there": 2, "profile added": 2, "bot added": 1,
		"team membership added": 2, "channel membership added": 5, "direct channel added": 1, "post added": 2, "reply added": 2, "attachment missing": 1,
	}
	if diff := cmp.Diff(want, r.Written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	again, err := h.load(t.Context(), file, bulkload.LoadOptions{})
	if err != nil || again.Resumed {
		t.Fatal(again.Resumed, err)
	}
	for what := range again.Written {
		if strings.HasSuffix(what, " added") || strings.HasSuffix(what, " changed") {
			t.Errorf("loading again: %d × %s", again.Written[what], what)
		}
	}
	h.view(func(r directory.Reader) error {
		people, err := r.ObjectsByHandle(t.Context(), directory.Person, []string{"ada", "ben"})
		if err != nil || len(people) != 2 {
			t.Errorf("%d people, %v", len(people), err)
		}
		for _, p := range people {
			if active := p.State == directory.Active; active != (p.Handle() == "ada") {
				t.Errorf("%s is %s", p.Handle(), p.State)
			}
		}
		return nil
	})
}

func (h *hall) view(fn func(directory.Reader) error) {
	h.t.Helper()
	if err := h.Store.View(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// M4: bad lines are told before anything is written, and keep the file out unless they are to be left out.
func TestLoadBadLines(t *testing.T) {
	h, file := newHall(t), filepath.Join(t.TempDir(), "import.jsonl")
	write(t, file, []byte(`{"type":"team","team":{"name":"staff","display_name":"Staff","type":"O"}}
{"type":"user"}
{"type":"team","team":{"name":"x","display_name":"X","type":"O"}}
`))
	r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
	if !errors.Is(err, bulkload.ErrBadLines) || r.Bad != 2 || len(r.Written) > 0 {
		t.Errorf("%d bad lines, wrote %v, %v", r.Bad, r.Written, err)
	}
	r, err = h.load(t.Context(), file, bulkload.LoadOptions{SkipBad: true})
	if diff := cmp.Diff(map[string]int{"team added": 1}, r.Written); diff != "" || err != nil {
		t.Errorf("written (-want +got):\n%s%v", diff, err)
	}
}

// M4: nobody is taken for somebody else because of a name. Who waits, and what hangs on them, is told; the rest is loaded.
func TestLoadedNamesThatAreTaken(t *testing.T) {
	h, file := newHall(t), writeTown(t)
	other := directory.Object{ID: directory.NewID(), Kind: directory.Person, Attrs: attr.Set{"username": {"ADA"}}, State: directory.Active}
	err := h.Store.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), other) })
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
	if err != nil || len(r.Waiting) != 1 || r.Waiting[0].Username != "ada" {
		t.Fatalf("waiting %v, %v", r.Waiting, err)
	}
	if r.Written["post waiting"] != 2 || r.Written["profile waiting"] != 1 || r.Written["bot added"] != 1 || r.Written["team membership added"] != 1 {
		t.Errorf("written %v", r.Written)
	}
	h.view(func(r directory.Reader) error {
		members, err := workspace.Of(r).MembersOf(t.Context(), []directory.ID{other.ID})
		if err != nil || len(members) > 0 {
			t.Errorf("the other ada is in %v, %v", members, err)
		}
		return nil
	})
}

// M4: before anything is written it is told who of a file would be taken for somebody here: by username, which makes them wait, or by address.
func TestValidateMeetsPeople(t *testing.T) {
	h, file := newHall(t), filepath.Join(t.TempDir(), "import.jsonl")
	here := []directory.Object{
		{ID: directory.NewID(), Kind: directory.Person, Attrs: attr.Set{"username": {"dup"}, "displayName": {"Dora Up"}}, State: directory.Active},
		{ID: directory.NewID(), Kind: directory.Person, Attrs: attr.Set{"username": {"old"}, directory.Email: {"Shared@example.com"}}, State: directory.Active},
	}
	if err := h.Store.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), here...) }); err != nil {
		t.Fatal(err)
	}
	write(t, file, []byte(`{"type":"version","version":1}
{"type":"user","user":{"username":"Dup","email":"dup@example.com"}}
{"type":"user","user":{"username":"new","email":"shared@EXAMPLE.com"}}
{"type":"user","user":{"username":"ada","email":"ada@example.com"}}
`))
	for _, want := range []string{"2 user.username username_taken dup, 3 user.email address_taken old, ", "2 user.username username_taken dup, 3 user.email address_taken old, "} {
		a, err := bulkload.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		r, err := h.Try(t.Context(), a, bulkload.LoadOptions{Found: func(f bulkload.Finding) {
			name := "dup"
			if !strings.Contains(f.What, name) {
				name = "old"
			}
			told += fmt.Sprint(f.Line, " ", f.Field, " ", f.Code, " ", name, ", ")
		}})
		if err := errors.Join(err, a.Close()); err != nil || told != want || r.Errors > 0 || r.Warnings != 2 {
			t.Errorf("told %q, want %q; %+v, %v", told, want, r, err)
		}
		if _, err := h.load(t.Context(), file, bulkload.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// M4: a load is about the people of its file: who waits since another one is no matter of it, unless it brings something of theirs.
func TestLoadMindsItsOwnPeople(t *testing.T) {
	h := newHall(t)
	other := directory.Object{ID: directory.NewID(), Kind: directory.Person, Attrs: attr.Set{"username": {"dup"}}, State: directory.Active}
	if err := h.Store.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), other) }); err != nil {
		t.Fatal(err)
	}
	const place = `{"type":"team","team":{"name":"staff","display_name":"Staff","type":"O"}}` + "\n" + `{"type":"channel","channel":{"team":"staff","name":"news","type":"O"}}` + "\n"
	for _, step := range []struct {
		text    string
		waiting int
	}{
		{`{"type":"user","user":{"username":"dup","email":"dup@example.com"}}`, 1},
		{place + `{"type":"user","user":{"username":"ada","email":"ada@example.com"}}`, 0},
		{place + `{"type":"post","post":{"team":"staff","channel":"news","user":"dup","message":"hello","create_at":1700000000000}}`, 1},
	} {
		file := filepath.Join(t.TempDir(), "import.jsonl")
		write(t, file, []byte(step.text+"\n"))
		if r, err := h.load(t.Context(), file, bulkload.LoadOptions{}); err != nil || len(r.Waiting) != step.waiting {
			t.Errorf("%s: waiting %v, %v", step.text, r.Waiting, err)
		}
	}
}

// M4, X2: somebody of the file who has the username of a person of a source waits, is decided about as a hold, and is then that person; and what the file states
// keeps nobody here whom their source has let go.
func TestLoadMeetsPeopleOfASource(t *testing.T) {
	h := newHall(t)
	corp, err := mapping.CompileSource(mapping.SourceRules{Name: "corp", People: mapping.Rules{directory.Username: {Expr: "record.uid"}}})
	if err != nil {
		t.Fatal(err)
	}
	h.Door.Rules = append([]ingest.Rules{{Source: "corp", Mapping: corp}}, h.Door.Rules...)
	state := func(b source.Batch) {
		t.Helper()
		read, err := h.Door.Read("corp")
		if err == nil {
			err = read.Take(t.Context(), b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	state(source.Batch{Records: []source.Record{{Kind: source.Person, Key: "1", Name: "uid=ada", Attrs: attr.Set{"uid": {"Ada"}}}}})
	file := writeTown(t)
	r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
	if err != nil || len(r.Waiting) != 1 || r.Waiting[0].Username != "ada" || !strings.Contains(r.Waiting[0].Why, "muster hold show load") {
		t.Fatalf("waiting: %+v, %v", r.Waiting, err)
	}
	release := func() {
		t.Helper()
		if err := h.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
			holds, err := run.Of(tx).Plans(t.Context(), bulkload.Source, run.Hold, run.Waiting, 10)
			if err != nil || len(holds) != 1 || holds[0].People != 1 {
				return fmt.Errorf("holds: %+v, %w", holds, err)
			}
			if _, err := run.In(tx).MarkLines(t.Context(), holds[0].ID, run.Waiting, run.Approved); err != nil {
				return err
			}
			holds[0].Status, holds[0].Decided = run.Approved, h.Now()
			return run.In(tx).PutPlan(t.Context(), holds[0])
		}); err != nil {
			t.Fatal(err)
		}
	}
	release()
	if r, err = h.load(t.Context(), file, bulkload.LoadOptions{}); err != nil || len(r.Waiting) != 0 || r.Written["post added"] == 0 {
		t.Fatalf("after the release: %+v, %v", r, err)
	}
	ada := func() (out directory.Object) {
		t.Helper()
		if err := h.Store.View(t.Context(), func(v directory.Reader) error {
			found, err := v.Records(t.Context(), bulkload.Source, []string{"default/ada"})
			if err == nil {
				out, err = v.Object(t.Context(), found[0].Object)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if o := ada(); o.Handle() != "Ada" || o.State != directory.Active || o.Attrs.First(directory.Email) != "ada@example.com" {
		t.Errorf("ada is %+v", o)
	}
	state(source.Batch{Deleted: []source.Key{"1"}})
	if o := ada(); o.State != directory.Gone || o.Epoch == 0 {
		t.Errorf("ada left corp and is %+v: the file keeps her here", o)
	}
}

// M4: a load that is cut off anywhere goes on there, and ends as one that was not.
func TestLoadGoesOn(t *testing.T) {
	file := writeTown(t)
	whole := newHall(t)
	want, err := whole.load(t.Context(), file, bulkload.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; ; cut++ {
		h := newHall(t)
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := h.load(ctx, file, bulkload.LoadOptions{Progress: func(p bulkload.Progress) {
			if p.Total == 0 { // the file is being checked: nothing is written yet
				return
			}
			if steps++; steps == cut {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			if cut < 5 {
				t.Errorf("only %d steps", cut)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
		if err != nil || !r.Resumed {
			t.Fatalf("cut after step %d: resumed %t, %v", cut, r.Resumed, err)
		}
		if diff := cmp.Diff(want.Written, r.Written); diff != "" {
			t.Errorf("cut after step %d (-undisturbed +resumed):\n%s", cut, diff)
		}
		if diff := cmp.Diff(whole.export(), h.export()); diff != "" {
			t.Errorf("cut after step %d (-undisturbed +resumed):\n%s", cut, diff)
		}
	}
}

// export writes an installation into a folder and returns the file's text.
func (h *hall) exportTo(folder string) string {
	h.t.Helper()
	x := bulkload.Exporter{Store: h.Store, Attach: func(name, hash string) error {
		r, err := h.Files.Get(hash)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		write(h.t, filepath.Join(folder, "data", name), text)
		return errors.Join(err, r.Close())
	}}
	var b strings.Builder
	if _, err := x.Export(h.t.Context(), &b); err != nil {
		h.t.Fatal(err)
	}
	write(h.t, filepath.Join(folder, "import.jsonl"), []byte(b.String()))
	return b.String()
}

func (h *hall) export() string {
	h.t.Helper()
	return h.exportTo(h.t.TempDir())
}

// M4: an export holds all that a load brought in, names each thing as it was named, and loads without a finding.
func TestExport(t *testing.T) {
	h := newHall(t)
	if _, err := h.load(t.Context(), writeTown(t), bulkload.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	got := h.exportTo(folder)
	golden := filepath.Join("testdata", "town.jsonl")
	if *update {
		write(t, golden, []byte(got))
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
	if found, r := validate(t, filepath.Join(folder, "import.jsonl"), bulkload.Options{}); found != "" || r.Unused > 0 {
		t.Errorf("an export is not in order (%d attachments unused):\n%s", r.Unused, found)
	}
	other := newHall(t)
	if _, err := other.load(t.Context(), filepath.Join(folder, "import.jsonl"), bulkload.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, other.export()); diff != "" {
		t.Errorf("export of a loaded export (-first +second):\n%s", diff)
	}
}
