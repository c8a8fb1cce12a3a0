package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/server/adminapi"
)

var discard = slog.New(slog.DiscardHandler)

// untilEOF calls stop when standard input ends.
func untilEOF(stop func()) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
}

// firstToken makes a token of the owner for the provider.
func firstToken(ctx context.Context, t task) (text string, err error) {
	m, err := app.Open(ctx, cli.Options{Data: t.Data, ConfigFile: t.Config})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	local, err := os.ReadFile(filepath.Join(t.Data, adminapi.TokenName))
	if err != nil {
		return "", err
	}
	owner, err := m.Keeper.Authenticate(ctx, strings.TrimSpace(string(local)))
	if err != nil {
		return "", err
	}
	token, _, err := m.Keeper.IssueFor(ctx, owner, owner.Person, access.Use{Source: "idp"}, "idp", 0)
	return token.Reveal(), err
}

// A floor is the least that a SCIM service does: net/http, one round of JSON, and the rows with their indexes, read by prepared statements and written in
// commits that those share who come at the same time. It checks nothing, and asks nobody who they are.
type floor struct {
	seeds                          []seedRows
	inserts                        map[string]*sql.Stmt
	byName, byID, groups, page, in *sql.Stmt
	jobs                           chan job
	write                          *sql.DB
}

// seedRows are the rows of one table that a person has.
type seedRows struct {
	table   string
	columns []string
	rows    [][]any
}

type job struct {
	name, id string
	done     chan error
}

// serveFloor serves until standard input ends.
func serveFloor(ctx context.Context, t task) error {
	f := &floor{jobs: make(chan job, inFlight), inserts: map[string]*sql.Stmt{}}
	if err := f.open(ctx, t.From); err != nil {
		return err
	}
	go f.writer(ctx)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /scim/v2/Users", f.post)
	mux.HandleFunc("GET /scim/v2/Users/{id}", func(w http.ResponseWriter, r *http.Request) { f.one(w, r, f.byID, r.PathValue("id")) })
	mux.HandleFunc("GET /scim/v2/Users", func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("filter"); text != "" {
			f.one(w, r, f.byName, strings.Split(text, `"`)[1])
			return
		}
		f.list(w, r)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	fmt.Println(srv.URL+"/scim/v2", "none")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

const floorPragmas = "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_pragma=temp_store(MEMORY)"

func (f *floor) open(ctx context.Context, file string) error {
	read, err := sql.Open("sqlite", "file:"+file+"?mode=ro"+floorPragmas+"&_pragma=cache_size(-8192)")
	if err != nil {
		return err
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	f.write, err = sql.Open("sqlite", "file:"+file+"?_txlock=immediate"+floorPragmas+"&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(16384)")
	if err != nil {
		return err
	}
	f.write.SetMaxOpenConns(1)
	prepare := func(db *sql.DB, text string) *sql.Stmt {
		st, e := db.PrepareContext(ctx, text)
		err = errors.Join(err, e)
		return st
	}
	const resource = "select id, object, doc, version, created, modified from resource where source = 'idp' and kind = 'person' and "
	f.byName, f.byID = prepare(read, resource+"handle = ?"), prepare(read, resource+"id = ?")
	f.page = prepare(read, resource+"id > '' order by id limit ? offset ?")
	const groups = "select m.id, r.id, r.name from node m cross join edge e indexed by edge_by_member on e.member = m.n and not e.removed cross join node g on g.n = e.grp" +
		" cross join resource r indexed by resource_by_object on r.source = 'idp' and r.object = g.id where m.id "
	f.groups, f.in = prepare(read, groups+"= ?"), prepare(read, groups+"in (select value from json_each(?))")
	for _, table := range []string{"node", "object", "word", "record", "resource", "resource_value"} {
		if err != nil {
			return err
		}
		var s seedRows
		if s, err = f.seed(ctx, read, table); err != nil {
			return err
		}
		row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(s.columns)), ",") + ")"
		f.inserts[table] = prepare(f.write, "insert into "+table+" ("+strings.Join(s.columns, ", ")+") values "+strings.TrimSuffix(strings.Repeat(row+",", len(s.rows)), ","))
		f.seeds = append(f.seeds, s)
	}
	return err
}

// seed loads the rows of a table that belong to the seed.
func (f *floor) seed(ctx context.Context, db *sql.DB, table string) (s seedRows, err error) {
	where := map[string]string{"node": "id = x.object", "word": "object = (select n from node where id = x.object) and t.kind = 'person'", "object": "id = x.object", "record": "object = x.object", "resource": "n = x.n", "resource_value": "res = x.n"}[table]
	rows, err := db.QueryContext(ctx, "select t.* from resource x cross join "+table+" t where x.handle = '"+seedUser+"' and x.kind = 'person' and t."+where)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if s.columns, err = rows.Columns(); err != nil {
		return s, err
	}
	s.table = table
	for rows.Next() {
		values, into := make([]any, len(s.columns)), make([]any, len(s.columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return s, err
		}
		s.rows = append(s.rows, values)
	}
	return s, rows.Err()
}

// writer commits what waits together.
func (f *floor) writer(ctx context.Context) {
	n := int64(100_000_000)
	for first := range f.jobs {
		jobs := []job{first}
		tx, err := f.write.BeginTx(ctx, nil)
		for i := 0; err == nil && i < len(jobs); i++ {
			n++
			err = f.insert(ctx, tx, jobs[i], n)
			select {
			case next := <-f.jobs:
				jobs = append(jobs, next)
			default:
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		for _, j := range jobs {
			j.done <- err
		}
	}
}

func (f *floor) insert(ctx context.Context, tx *sql.Tx, j job, n int64) error {
	swap := strings.NewReplacer(seedUser, j.name)
	for _, s := range f.seeds {
		args := make([]any, 0, len(s.rows)*len(s.columns))
		for _, row := range s.rows {
			for i, c := range s.columns {
				v := row[i]
				switch {
				case c == "n" || c == "res" || c == "rev_seq" || s.table == "word" && c == "object":
					v = n
				case c == "id" || c == "object" || c == "key":
					v = j.id
				default:
					if text, ok := v.(string); ok {
						v = swap.Replace(text)
					}
				}
				args = append(args, v)
			}
		}
		if _, err := tx.StmtContext(ctx, f.inserts[s.table]).ExecContext(ctx, args...); err != nil { //nolint:sqlclosecheck // it ends with its transaction
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "update feed set n = ?", n)
	return err
}

func (f *floor) post(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name, _ := body["userName"].(string)
	j := job{name: name, id: fmt.Sprintf("02%024s", name), done: make(chan error, 1)}
	f.jobs <- j
	if err := <-j.done; err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body["id"], body["meta"] = j.id, map[string]any{"resourceType": "User", "location": r.URL.Path + "/" + j.id}
	answer(w, http.StatusCreated, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// found reads resources, and their groups.
func (f *floor) found(ctx context.Context, st *sql.Stmt, args ...any) ([]map[string]any, error) {
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []map[string]any
	at := map[string]map[string]any{}
	for rows.Next() {
		var id, object, doc string
		var version, created, modified int64
		if err := rows.Scan(&id, &object, &doc, &version, &created, &modified); err != nil {
			return nil, err
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(doc), &body); err != nil {
			return nil, err
		}
		body["id"], body["meta"] = id, map[string]any{"resourceType": "User", "version": version, "created": created, "lastModified": modified}
		out, at[object] = append(out, body), body
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return out, f.join(ctx, at)
}

func (f *floor) join(ctx context.Context, at map[string]map[string]any) error {
	var arg any
	st := f.groups
	ids := slices.Collect(maps.Keys(at))
	if len(ids) != 1 {
		text, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		st, arg = f.in, string(text)
	} else {
		arg = ids[0]
	}
	rows, err := st.QueryContext(ctx, arg)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var object, id, name string
		if err := rows.Scan(&object, &id, &name); err != nil {
			return err
		}
		list, _ := at[object]["groups"].([]any)
		at[object]["groups"] = append(list, map[string]any{"value": id, "display": name, "type": "direct"})
	}
	return rows.Err()
}

func (f *floor) one(w http.ResponseWriter, r *http.Request, st *sql.Stmt, arg string) {
	found, err := f.found(r.Context(), st, arg)
	if err != nil || len(found) != 1 {
		http.Error(w, fmt.Sprint(len(found), " found: ", err), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{"totalResults": 1, "Resources": found})
}

func (f *floor) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var start int
	if _, err := fmt.Sscan(q.Get("startIndex"), &start); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	found, err := f.found(r.Context(), f.page, q.Get("count"), start-1)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{"totalResults": len(found), "Resources": found})
}
