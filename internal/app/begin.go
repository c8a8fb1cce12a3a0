package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/connector/all"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
)

// A beginning leads to the first configuration.
type beginning struct {
	mu    sync.Mutex    // held while something is tried out: one thing at a time
	renew chan struct{} // asks the server to start anew with what was written; nil = there is no server
}

// trialTime is how long a whole trial may take.
const trialTime = 45 * time.Second

// firstFile is where the first configuration is written.
func (m *Muster) firstFile() string {
	folder, err := filepath.Abs(m.Data)
	if err != nil {
		folder = m.Data
	}
	return filepath.Join(folder, "muster.yaml")
}

// secretsFolder is where the secrets of the first configuration are looked for. Nobody names another place: what a file holds is sent to whatever server the
// configuration names.
func (m *Muster) secretsFolder() string { return filepath.Join(filepath.Dir(m.firstFile()), "secrets") }

// Beginning implements adminapi.Beginnings.
func (m *Muster) Beginning(context.Context) (adminapi.Beginning, error) {
	b := adminapi.Beginning{File: m.firstFile(), Folder: m.secretsFolder(), Profiles: config.Profiles, Problem: m.begun()}
	if m.File.Name != "" {
		b.File = m.File.Name
	}
	for _, t := range all.Types() {
		x := adminapi.TargetType{Name: t.Name, Title: t.Title}
		for _, s := range t.Settings {
			x.Settings = append(x.Settings, adminapi.TypeSetting(s))
		}
		b.Types = append(b.Types, x)
	}
	return b, nil
}

// begun says why no first configuration can be written here, nil = it can.
func (m *Muster) begun() *run.Problem {
	p := &run.Problem{Code: adminapi.Conflict, What: "The configuration is not written here.", Now: "Nothing was written."}
	file := m.firstFile()
	held, err := os.ReadFile(file)
	switch {
	case m.File.Name != "":
		p.Why = "It stands in " + m.File.Name + ", which belongs to whoever wrote it."
		p.Fix = "Put the text into that file, try it out with `muster check -c " + m.File.Name + "`, and start Muster again."
	case m.guest:
		p.Code, p.Why = adminapi.Unavailable, "This is the sample company's Muster: nothing of it is real."
	case m.beginning.renew == nil:
		p.Code, p.Why, p.Fix = adminapi.Unavailable, "No server runs that could take it up.", "Start it: `muster serve`."
	case err == nil && strings.TrimSpace(string(held)) != "":
		p.Why, p.Fix = file+" is there already, and is not in use.", "Look at it. `muster serve -c "+file+"` uses it; without it, one can be written here."
	case err != nil && !errors.Is(err, os.ErrNotExist):
		p.Why, p.Fix = err.Error(), "Mend that, or put the text into a file of your own: `muster serve -c FILE`."
	default:
		return nil
	}
	return p
}

// TryBeginning implements adminapi.Beginnings.
func (m *Muster) TryBeginning(ctx context.Context, req adminapi.NewConfiguration, by access.Caller) (adminapi.Trial, error) {
	if !m.beginning.mu.TryLock() {
		return adminapi.Trial{}, tryingAlready()
	}
	defer m.beginning.mu.Unlock()
	if err := m.acted(ctx, by, "beginning.try", strings.Join(addresses(req), " ")); err != nil {
		return adminapi.Trial{}, err
	}
	return m.tryOut(ctx, req, true), nil
}

func tryingAlready() error {
	return &run.Problem{Code: adminapi.Conflict, What: "Something is being tried out already.", Now: "Nothing was changed.", Fix: "Try again in a minute."}
}

// addresses are what a new configuration connects to: they stand in the audit log.
func addresses(req adminapi.NewConfiguration) []string {
	out := slices.Clone(req.Source.Servers)
	if req.Target != nil {
		out = append(out, cmp.Or(req.Target.Settings["url"], req.Target.Type))
	}
	return out
}

// Begin implements adminapi.Beginnings.
func (m *Muster) Begin(ctx context.Context, req adminapi.NewConfiguration, by access.Caller) (adminapi.Trial, error) {
	if !m.beginning.mu.TryLock() {
		return adminapi.Trial{}, tryingAlready()
	}
	defer m.beginning.mu.Unlock()
	if p := m.begun(); p != nil {
		return adminapi.Trial{}, p
	}
	if err := m.acted(ctx, by, "beginning.try", strings.Join(addresses(req), " ")); err != nil {
		return adminapi.Trial{}, err
	}
	req = withoutSecrets(req)
	out := m.tryOut(ctx, req, false)
	if out.Failed() {
		return out, nil
	}
	file := m.firstFile()
	if err := writeWhole(file, out.Text); err != nil {
		return out, &run.Problem{Code: adminapi.Unavailable, What: "The configuration could not be written.", Why: err.Error(), Now: "Nothing was changed.", Fix: "Put the text into a file of your own: `muster serve -c FILE`."}
	}
	if err := m.acted(ctx, by, "beginning.write", file); err != nil {
		return out, errors.Join(err, os.Remove(file)) // what is not recorded was not done
	}
	out.Written = file
	context.AfterFunc(ctx, func() { // once it is answered
		select {
		case m.beginning.renew <- struct{}{}:
		default:
		}
	})
	return out, nil
}

// withoutSecrets leaves what was typed out: what counts from here on is what stands in its place.
func withoutSecrets(req adminapi.NewConfiguration) adminapi.NewConfiguration {
	req.Source.Password = ""
	if req.Target == nil {
		return req
	}
	t := *req.Target
	t.Settings = map[string]string{}
	typ, err := all.Find(t.Type)
	for name, v := range req.Target.Settings {
		if err == nil && !secretOf(typ, name) {
			t.Settings[name] = v
		}
	}
	req.Target = &t
	return req
}

// writeWhole writes a file that its owner alone reads, all of it or nothing. One that holds something is never written over.
func writeWhole(file, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".muster-*.yaml")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), file); !errors.Is(err, os.ErrExist) {
		return err
	}
	if info, err := os.Stat(file); err != nil || info.Size() > 0 {
		return errors.Join(err, os.ErrExist)
	}
	return os.Rename(tmp.Name(), file)
}

// places says where the secrets of a new configuration belong, and returns them as values of the file.
func (m *Muster) places(req adminapi.NewConfiguration) (at map[string]config.Value, said []adminapi.SecretPlace) {
	at = map[string]config.Value{}
	add := func(of, name string) {
		p := adminapi.SecretPlace{Of: name + " of " + of}
		flat := strings.Map(func(r rune) rune {
			if r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
				return r
			}
			return '-'
		}, of+"-"+name)
		if req.Env {
			p.Env = "MUSTER_" + strings.ToUpper(strings.ReplaceAll(flat, "-", "_"))
		} else {
			p.File = filepath.Join(m.secretsFolder(), flat)
			p.Command = "install -D -m 600 /dev/stdin " + shellWord(p.File)
		}
		v := config.Kept(p.Env, p.File)
		_, err := v.Resolve()
		p.There = err == nil
		at[of+" "+name] = v
		said = append(said, p)
	}
	if req.Source.Type != "scim" {
		add(req.Source.Name, "password")
	}
	if req.Target != nil {
		if typ, err := all.Find(req.Target.Type); err == nil {
			for _, s := range typ.Settings {
				if s.Secret {
					add(req.Target.Name, s.Name)
				}
			}
		}
	}
	return at, said
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// given returns a secret that was typed, else where it is kept.
func given(text string, kept config.Value) config.Value {
	if text != "" {
		return config.Given(secret.New(text))
	}
	return kept
}
