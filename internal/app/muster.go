package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/cli"
	"muster/internal/config"
	"muster/internal/connector/all"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/erase"
	"muster/internal/httpclient"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/series"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
	"muster/internal/server/scimapi"
	"muster/internal/store"
	"muster/internal/workspace"
	"muster/internal/workspace/files"
)

// A Muster is a started application: store, engine and what the admin API does with them. It implements adminapi.Service and cli.Session.
type Muster struct {
	Data   string
	File   *config.File
	Store  *store.Store
	Engine *engine.Engine
	Keeper *access.Keeper

	parts   *parts
	door    *ingest.Door
	scim    *scimapi.Server
	sandbox sandbox
	log     *slog.Logger
	now     func() time.Time
	started time.Time
	unlock  func() error
	pool    httpclient.Pool // rates that targets of one organisation share
	meter   series.Meter    // how calls and reads went, until it is written
	addr    atomic.Value    // host:port that is listened at, once it is
	scenes  console.Scenes  // of the demo, or nil
	guest   bool            // it is the sample company's
	hall    hall            // of the sample company, beside this one

	ctx   context.Context // of work that requests start; ends with Close
	stop  context.CancelFunc
	tasks sync.WaitGroup

	files *files.Folder
	loads loads
	space workspace.Keeper
	erase *erase.Keeper

	telling telling

	beginning beginning
	starts    starts
}

var (
	_ adminapi.Service = (*Muster)(nil)
	_ cli.Session      = (*Muster)(nil)
)

// Open reads the configuration, takes the data folder, opens the store, and readies the engine. It serves nothing yet.
func Open(ctx context.Context, opts cli.Options) (*Muster, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	f, data, err := configuration(opts)
	if err != nil {
		return nil, err
	}
	m := &Muster{Data: data, File: f, log: opts.Log, now: time.Now, hall: hall{folder: sampleFolder(data)}}
	if m.parts, err = compile(f); err != nil {
		return nil, errConfig(f.Name, err)
	}
	if m.unlock, err = lock(data); err != nil {
		return nil, err
	}
	if err := m.open(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Muster) open(ctx context.Context) error {
	m.started = m.now()
	m.ctx, m.stop = context.WithCancel(context.WithoutCancel(ctx))
	dsn, err := m.database()
	if err != nil {
		return err
	}
	if m.Store, err = store.Open(ctx, dsn, store.Options{Log: m.log}); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if m.files, err = files.Open(filepath.Join(m.Data, "files")); err != nil {
		return fmt.Errorf("open the folder of files: %w", err)
	}
	if err := m.sweepLoads(ctx); err != nil {
		return fmt.Errorf("tidy the folder of loads: %w", err)
	}
	m.erase = m.eraser()
	m.space = workspace.Keeper{Store: m.Store, Now: m.now}
	m.Keeper = &access.Keeper{Store: m.Store, Now: m.now, Audit: audit(m.now), PasswordLife: m.File.PasswordLife}
	if err := m.localToken(ctx); err != nil {
		return err
	}
	if err := m.interrupted(ctx); err != nil {
		return err
	}
	if m.Engine, err = m.engine(ctx); err != nil {
		return err
	}
	if err := m.openTelling(); err != nil {
		return err
	}
	m.scim = scimapi.New(scimapi.Config{
		Store: m.Store, Keeper: m.Keeper, Door: m.door, Clients: m.parts.clients, Now: m.now, Log: m.log, Adoptable: []string{bulkload.Source}, Invite: m.inviteNew,
	})
	if err := m.scim.Recall(ctx); err != nil {
		return err
	}
	if err := m.restate(ctx); err != nil {
		return err
	}
	if err := remember(m.Data, m.File); err != nil {
		return err
	}
	return m.Engine.Start(ctx)
}

// localToken makes sure that whoever can read the data folder has a token that works.
func (m *Muster) localToken(ctx context.Context) error {
	if err := m.Keeper.Local(ctx, filepath.Join(m.Data, adminapi.TokenName)); err != nil {
		return fmt.Errorf("make the local token: %w", err)
	}
	return nil
}

// address returns where the console answers, "" = nowhere.
func (m *Muster) address() string {
	if addr, ok := m.addr.Load().(string); ok {
		return addr
	}
	return m.File.Listen
}

// Close ends what requests have started, closes the store and gives the data folder back.
func (m *Muster) Close() error {
	var err error
	if m.stop != nil {
		m.stop()
	}
	m.starts.halt()
	m.tasks.Wait()
	if m.files != nil {
		err = m.files.Close()
	}
	err = errors.Join(err, m.sandbox.close())
	if m.Store != nil {
		err = errors.Join(err, m.keepMeasured(), m.Store.Close())
	}
	if m.unlock != nil {
		err = errors.Join(err, m.unlock())
	}
	return err
}

// database returns where the database is: as configured, or a file in the data folder.
func (m *Muster) database() (string, error) {
	if m.File.Database.IsZero() {
		return "sqlite:" + filepath.Join(m.Data, "muster.db"), nil
	}
	dsn, err := m.File.Database.Resolve()
	return dsn.Reveal(), err
}

// configuration finds the configuration and the data folder: what was asked for, or what was applied last.
func configuration(opts cli.Options) (*config.File, string, error) {
	data := opts.Data
	if opts.ConfigFile == "" {
		if data == "" {
			data = cli.DefaultData
		}
		f, err := applied(data, opts.Fresh)
		return f, data, err
	}
	f, err := config.Load(opts.ConfigFile, all.Types()...)
	if err != nil {
		return nil, "", errConfig(opts.ConfigFile, err)
	}
	if data == "" {
		data = f.Data
	}
	if data == "" {
		data = cli.DefaultData
	}
	return f, data, nil
}

// appliedName is the note in the data folder that says which configuration file was applied last.
const appliedName = "applied.yaml.path"

// remember notes which configuration file is in force. The file itself stays the owner of what it says.
func remember(data string, f *config.File) error {
	if f.Name == "" {
		return nil
	}
	path, err := filepath.Abs(f.Name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, appliedName), []byte(path+"\n"), 0o600)
}

func applied(data string, fresh bool) (*config.File, error) {
	text, err := os.ReadFile(filepath.Join(data, appliedName))
	if errors.Is(err, os.ErrNotExist) && fresh {
		return config.None(), nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, &run.Problem{
			Code: "unavailable", What: fmt.Sprintf("there is no configuration, and the data folder %s has none from before", data),
			Now: "Nothing was started.", Fix: "Name the configuration with -c FILE, or the data folder with -d FOLDER. `muster demo` needs neither.",
		}
	}
	if err != nil {
		return nil, err
	}
	path := string(text[:max(0, len(text)-1)])
	f, err := config.Load(path, all.Types()...)
	if err != nil {
		return nil, errConfig(path, err)
	}
	return f, nil
}

// audit records acts of access in the audit log.
func audit(now func() time.Time) func(context.Context, directory.Tx, string, string, string) error {
	return func(ctx context.Context, tx directory.Tx, by, act, object string) error {
		if by != "muster" { // itself, when it makes the first owner
			by = "operator:" + by
		}
		return run.In(tx).Audit(ctx, run.Event{At: now(), By: by, Act: act, Object: object})
	}
}

// interrupted ends runs that a crash left running.
func (m *Muster) interrupted(ctx context.Context) error {
	return m.Store.Update(ctx, "engine", func(tx directory.Tx) error {
		runs, err := run.In(tx).Runs(ctx, "", 200)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if r.Outcome != run.Running {
				continue
			}
			r.Outcome, r.Ended = run.Failed, m.now()
			r.Problem = &run.Problem{
				Code: "interrupted", What: "the run on " + r.Name + " was interrupted", Why: "Muster ended before it did.",
				Now: "What was done is recorded; the next run does the rest.",
			}
			if err := run.In(tx).PutRun(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
