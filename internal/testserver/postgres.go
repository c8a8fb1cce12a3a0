package testserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
)

// cluster is the one PostgreSQL server of this test process. It ends with the process.
var cluster struct {
	sync.Mutex
	folder    string // its socket's folder; "" = not started yet
	databases int
	model     string // what PostgresLike copies; "" = not made yet
}

// Postgres returns the connection string of a new, empty database for this test, which is dropped when the test ends. The first call of a test process starts
// a server (about a second), which goes away with the process. It listens on a socket file only, and runs without fsync, as only a test may: set
// MUSTER_TEST_FSYNC=on to measure with it.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	return like(t, func() (string, error) { return "template1", nil })
}

// PostgresLike is Postgres for many tests that begin alike: fill is called once in a test process, for a database of which each test gets a copy.
func PostgresLike(t testing.TB, fill func(dsn string) error) (dsn string) {
	t.Helper()
	return like(t, func() (string, error) {
		if cluster.model != "" {
			return cluster.model, nil
		}
		name, err := newDatabase("template1")
		if err == nil {
			err = fill(dsnOf(cluster.folder, name))
		}
		if err == nil {
			cluster.model = name
		}
		return name, err
	})
}

// like makes a database that is a copy of another, which model names, and which nobody may be connected to.
func like(t testing.TB, model func() (string, error)) (dsn string) {
	t.Helper()
	name, err := copyDatabase(program(t, "initdb", "postgresql"), model)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return dsnOf(cluster.folder, name)
}

// copyDatabase starts the server if need be and makes the next database.
func copyDatabase(initdb string, model func() (string, error)) (string, error) {
	cluster.Lock()
	defer cluster.Unlock()
	if cluster.folder == "" {
		folder, err := startCluster(initdb, filepath.Join(filepath.Dir(initdb), "postgres"))
		if err != nil {
			return "", fmt.Errorf("start PostgreSQL: %w", err)
		}
		cluster.folder = folder
	}
	from, err := model()
	if err != nil {
		return "", err
	}
	return newDatabase(from)
}

func newDatabase(from string) (string, error) {
	cluster.databases++
	name := "muster_test_" + strconv.Itoa(cluster.databases)
	return name, execute("CREATE DATABASE " + name + " TEMPLATE " + from)
}

func startCluster(initdb, postgres string) (folder string, err error) {
	as, err := unprivileged()
	if err != nil {
		return "", err
	}
	folder, err = os.MkdirTemp("", "muster-pg-")
	if err != nil {
		return "", err
	}
	if as != nil {
		if err := os.Chown(folder, int(as.Uid), int(as.Gid)); err != nil {
			return "", err
		}
	}
	data := filepath.Join(folder, "data")
	create := exec.Command(initdb, "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	create.Dir, create.SysProcAttr = folder, &syscall.SysProcAttr{Credential: as}
	if out, err := create.CombinedOutput(); err != nil {
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("initdb in %s (can its user enter that folder? set TMPDIR): %w\n%s", folder, err, out)
	}
	fsync := "off"
	if os.Getenv("MUSTER_TEST_FSYNC") == "on" {
		fsync = "on"
	}
	err = settings(filepath.Join(data, "postgresql.conf"), "fsync = "+fsync, "full_page_writes = "+fsync)
	if err != nil {
		_ = os.RemoveAll(folder)
		return "", err
	}
	server, err := launch(command{signal: "QUIT", dir: folder, as: as, argv: []string{
		postgres, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=300", "-c", "timezone=UTC",
	}})
	if err != nil {
		_ = os.RemoveAll(folder)
		return "", err
	}
	return folder, server.await(func(ctx context.Context) error { return ping(ctx, dsnOf(folder, "postgres")) })
}

// settings adds lines to a configuration of a server, where a test can overrule them by ALTER SYSTEM.
func settings(file string, lines ...string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// unprivileged returns whom PostgreSQL runs as: it refuses to run as root. Nil means as we are.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("no account postgres or nobody to run as")
}

func dsnOf(folder, database string) string {
	query := url.Values{"host": {folder}, "user": {"postgres"}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + query.Encode()
}

func ping(ctx context.Context, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// execute runs one statement in the maintenance database.
func execute(statement string) error {
	db, err := sql.Open("pgx", dsnOf(cluster.folder, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement)
	return err
}
