package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/template"
	"time"

	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
	"muster/internal/source/ldap/ldaptest"
)

// The names in the demo's configuration.
const (
	sourceName = "corp"
	targetName = "wiki"
)

// Files in the data folder of a demo, besides Muster's own.
const (
	configFile    = "muster.yaml"
	companyFile   = "company.ldif"
	logFile       = "muster.log"
	controlSocket = "demo.sock"
)

// companySeed makes the company everybody sees.
const companySeed = 17

//go:embed muster.yaml.tmpl
var configText string

// A world is a running demo: the company's directory, the wiki, and Muster between them.
type world struct {
	folder    string
	directory *ldaptest.Server
	wiki      *scimtest.Server
	sites     []*site // Slack, Atlassian and Meisterplan
	muster    *client.Client
	ledger    *ledger
	socket    string        // of Muster
	addr      string        // of its console
	every     time.Duration // between reads of the directory

	patience time.Duration   // for what Muster should do within seconds
	playing  sync.Mutex      // one scene at a time
	plan     run.Plan        // the first one
	approved bool            // and it is approved
	used     map[string]bool // people whom a scene has had
	hired    int
	dice     *mathrand.Rand
	stop     context.CancelFunc
	serving  bool
	guest    bool          // it plays beside another Muster
	planned  chan struct{} // closed when the first plans wait
	served   chan error    // receives what Muster ended with, once
	log      *os.File
}

// startWorld brings up the directory, the wiki and Muster in an empty folder.
func startWorld(ctx context.Context, folder string, every time.Duration) (*world, error) {
	return newWorld(folder, every).begin(ctx)
}

func newWorld(folder string, every time.Duration) *world {
	return &world{folder: folder, every: every, used: map[string]bool{}, dice: mathrand.New(mathrand.NewPCG(companySeed, 1)), //nolint:gosec // names of a sample company
		patience: 30 * time.Second, served: make(chan error, 1), planned: make(chan struct{}), stop: func() {}}
}

func (w *world) begin(ctx context.Context) (*world, error) {
	err := w.start(ctx)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) start(ctx context.Context) error {
	c := newCompany(companySeed)
	var err error
	ldif := c.ldif()
	if w.directory, err = ldaptest.Start(ldaptest.Config{Flavor: ldaptest.AD, LDIF: strings.NewReader(ldif), Seed: "demo"}); err != nil {
		return fmt.Errorf("start the directory: %w", err)
	}
	token := rand.Text()
	if w.wiki, err = scimtest.Start(scimtest.Config{Token: token, LogMax: 100_000}); err != nil {
		return fmt.Errorf("start the wiki: %w", err)
	}
	if _, err := w.wiki.Seed(c.users(), c.userGroups()); err != nil {
		return fmt.Errorf("fill the wiki: %w", err)
	}
	if w.ledger, err = newLedger(w.directory, w.wiki.Snapshot()); err != nil {
		return err
	}
	if err := w.startSites(c, token); err != nil {
		return err
	}
	if err := w.writeFiles(ldif, token); err != nil {
		return err
	}
	return w.serve(ctx)
}

// writeFiles writes the configuration, with secrets in files of their own, and what the directory holds.
func (w *world) writeFiles(ldif, token string) error {
	var text bytes.Buffer
	err := template.Must(template.New(configFile).Parse(configText)).Execute(&text, map[string]any{
		"Speed": siteSpeed * 100, "Directory": w.directory.URL(), "Wiki": w.wiki.URL, "Canary": canaryDN, "People": peopleDN, "Groups": groupsDN, "Scope": scopeDN, "Every": w.every, "Sites": w.sites,
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", configFile, err)
	}
	for _, f := range [][2]string{{configFile, text.String()}, {companyFile, ldif}, {"directory.password", demoPassword + "\n"}, {"wiki.token", token + "\n"}} {
		if err := os.WriteFile(filepath.Join(w.folder, f[0]), []byte(f[1]), 0o600); err != nil {
			return fmt.Errorf("write the demo's files: %w", err)
		}
	}
	return nil
}

// serve starts Muster on the folder, as `muster serve` does, and waits until it listens.
func (w *world) serve(ctx context.Context) error {
	var err error
	if w.log, err = os.OpenFile(w.path(logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	ctx, w.stop = context.WithCancel(ctx)
	ready := make(chan cli.Listening, 1)
	opts := cli.Options{Data: w.folder, ConfigFile: w.path(configFile), Log: slog.New(slog.NewTextHandler(w.log, nil))}
	w.serving = true
	go func() {
		w.served <- app.App{Scenes: buttons{w}, Guest: w.guest}.Serve(ctx, opts, func(l cli.Listening) { ready <- l })
	}()
	select {
	case l := <-ready:
		w.socket, w.addr = l.Socket, l.Addr
	case err := <-w.served:
		w.serving = false
		return fmt.Errorf("start Muster: %w", err)
	}
	token, err := os.ReadFile(w.path(adminapi.TokenName))
	if err != nil {
		return fmt.Errorf("read Muster's token: %w", err)
	}
	w.muster = client.Socket(w.socket, secret.New(strings.TrimSpace(string(token))))
	return nil
}

func (w *world) path(name string) string { return filepath.Join(w.folder, name) }

// close ends Muster, the wiki and the directory, in this order.
func (w *world) close() error {
	w.stop()
	var err error
	if w.serving {
		err = <-w.served
	}
	if w.wiki != nil {
		w.wiki.Close()
	}
	for _, x := range w.sites {
		x.Close()
	}
	if w.directory != nil {
		w.directory.Close()
	}
	if w.log != nil {
		err = errors.Join(err, w.log.Close())
	}
	return err
}

// folderFor returns the folder to work in: the one asked for, which must be empty, or one of the demo's own, which remove removes.
func folderFor(asked string) (folder string, remove func() error, err error) {
	if asked == "" {
		folder, err = os.MkdirTemp("", "muster-demo-")
		return folder, func() error { return os.RemoveAll(folder) }, err
	}
	if err := os.MkdirAll(asked, 0o700); err != nil {
		return "", nil, err
	}
	files, err := os.ReadDir(asked)
	if err != nil {
		return "", nil, err
	}
	if len(files) > 0 {
		return "", nil, &run.Problem{
			Code: "conflict", What: fmt.Sprintf("the folder %s is not empty", asked), Why: "The demo makes up a company and keeps its own data; it never works on data that are there.",
			Now: "Nothing was started.", Fix: "Name an empty folder, or none: then it takes one of its own and removes it at the end.",
		}
	}
	return asked, func() error { return nil }, nil
}
