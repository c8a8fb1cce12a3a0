package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"muster/internal/directory"
	"muster/internal/workspace"
)

const (
	postColumns = "p.n, p.id, c.id, a.id, coalesce(r.id, ''), p.kind, p.message, p.props, p.created, p.edited, p.deleted, p.pinned"
	postJoins   = " join node c on c.n = p.channel join node a on a.n = p.author left join post r on r.n = p.root "
	postSelect  = "select " + postColumns + " from post p" + postJoins
)

// A postRow is a post with its number.
type postRow struct {
	workspace.Post
	n int64
}

func scanPost(rows *sql.Rows, p *postRow) error {
	var created, edited, deleted int64
	err := rows.Scan(&p.n, &p.ID, &p.Channel, &p.Author, &p.Root, &p.Kind, &p.Message, &p.Props, &created, &edited, &deleted, &p.Pinned)
	p.Created, p.Edited, p.Deleted = moment(created), moment(edited), moment(deleted)
	return err
}

// Posts implements workspace.Reader.
func (r workspaceReader) Posts(ctx context.Context, channel, after directory.ID, limit int) ([]workspace.Post, error) {
	at, n := int64(-1), int64(0)
	if after != "" {
		found, err := collect(ctx, r.session, scanPost, postSelect+"where p.id = $1", after)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		at, n = ms(found[0].Created), found[0].n
	}
	rows, err := collect(ctx, r.session, scanPost, postSelect+"where p.channel = "+nodeOf(1)+" and p.root = 0 and (p.created, p.n) > ($2, $3) order by p.created, p.n limit $4",
		channel, at, n, atMost(limit))
	return r.whole(ctx, rows, err)
}

// Replies implements workspace.Reader.
func (r workspaceReader) Replies(ctx context.Context, roots []directory.ID) ([]workspace.Post, error) {
	if len(roots) == 0 {
		return nil, nil
	}
	rows, err := collect(ctx, r.session, scanPost, postSelect+"where p.root in (select n from post where "+r.d.member("id", 1)+") and p.root <> 0 order by p.created, p.n",
		ids(r.session, roots))
	return r.whole(ctx, rows, err)
}

// PostsAt implements workspace.Reader.
func (r workspaceReader) PostsAt(ctx context.Context, moments []workspace.Moment) ([]workspace.Post, error) {
	names := make([]string, len(moments))
	for i, m := range moments {
		names[i] = string(m.Channel)
	}
	known := map[string]int64{}
	if rest := r.nodes.look(names, known); len(rest) > 0 {
		if err := r.findNodes(ctx, rest); err != nil {
			return nil, err
		}
		r.numbered(rest, known)
	}
	rows, err := bulkQuery(ctx, r.session, table{"bigint", "bigint"}, "with v (c, at) as (", ") select distinct "+postColumns+" from v join post p on p.channel = v.c and p.created = v.at"+postJoins+"order by p.n",
		moments, func(m workspace.Moment, a []any) []any { return append(a, known[string(m.Channel)], ms(m.At)) }, scanPost)
	return r.whole(ctx, rows, err)
}

// whole reads what belongs to posts.
func (r workspaceReader) whole(ctx context.Context, rows []postRow, err error) ([]workspace.Post, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	numbers, at := make([]string, len(rows)), make(map[int64]int, len(rows))
	out := make([]workspace.Post, len(rows))
	for i, p := range rows {
		numbers[i], at[p.n], out[i] = strconv.FormatInt(p.n, 10), i, p.Post
	}
	if err := r.marks(ctx, numbers, func(n int64, m workspace.Mark) { out[at[n]].Marks = append(out[at[n]].Marks, m) }); err != nil {
		return nil, err
	}
	return out, r.attached(ctx, numbers, func(n int64, f workspace.File) { out[at[n]].Files = append(out[at[n]].Files, f) })
}

// numbersIn says that column, a number, is in the list bound as $1.
func (r workspaceReader) numbersIn(column string) string {
	return column + " in (select cast(l.value as bigint) from " + r.d.list(1) + ")"
}

func (r workspaceReader) marks(ctx context.Context, posts []string, yield func(int64, workspace.Mark)) error {
	type row struct {
		workspace.Mark
		post int64
	}
	rows, err := collect(ctx, r.session, func(rows *sql.Rows, m *row) error {
		var at int64
		err := rows.Scan(&m.post, &m.Kind, &m.Person, &m.Name, &at, &m.Unread)
		m.At = moment(at)
		return err
	}, "select m.post, m.kind, pe.id, m.name, m.at, m.unread from post_mark m join node pe on pe.n = m.person where "+r.numbersIn("m.post")+
		" order by m.post, m.kind, m.at, m.name, m.person", ids(r.session, posts))
	for _, m := range rows {
		yield(m.post, m.Mark)
	}
	return err
}

func (r workspaceReader) attached(ctx context.Context, posts []string, yield func(int64, workspace.File)) error {
	type row struct {
		workspace.File
		post int64
	}
	rows, err := collect(ctx, r.session, func(rows *sql.Rows, f *row) error { return rows.Scan(&f.post, &f.Hash, &f.Name, &f.Size) },
		"select post, hash, name, size from post_file where "+r.numbersIn("post")+" order by post, pos", ids(r.session, posts))
	for _, f := range rows {
		yield(f.post, f.File)
	}
	return err
}

// PutPosts implements workspace.Tx.
func (t workspaceTx) PutPosts(ctx context.Context, posts ...workspace.Post) error {
	posts = last(posts, func(p workspace.Post) directory.ID { return p.ID })
	nodes, err := t.numbers(ctx, postNodes(posts))
	if err != nil {
		return err
	}
	n, err := t.postNumbers(ctx, posts)
	if err != nil {
		return err
	}
	if err := t.clear(ctx, posts, n); err != nil {
		return err
	}
	var roots, replies []workspace.Post
	for _, p := range posts {
		if p.Root == "" {
			roots = append(roots, p)
		} else {
			replies = append(replies, p)
		}
	}
	for _, part := range [][]workspace.Post{roots, replies} {
		if err := t.insertPosts(ctx, part, nodes, n); err != nil {
			return err
		}
	}
	return t.putParts(ctx, posts, nodes, n)
}

// postNodes are the ids in posts that have a number among the nodes.
func postNodes(posts []workspace.Post) []string {
	var out []string
	for _, p := range posts {
		out = append(out, string(p.Channel), string(p.Author))
		for _, m := range p.Marks {
			out = append(out, string(m.Person))
		}
	}
	return out
}

type postNumber struct {
	id directory.ID
	n  int64
}

func scanPostNumber(rows *sql.Rows, p *postNumber) error { return rows.Scan(&p.id, &p.n) }

// postNumbers returns the numbers of those of posts, and of their roots, that are there.
func (t workspaceTx) postNumbers(ctx context.Context, posts []workspace.Post) (map[directory.ID]int64, error) {
	list := make([]directory.ID, 0, len(posts))
	for _, p := range posts {
		list = append(list, p.ID)
		if p.Root != "" {
			list = append(list, p.Root)
		}
	}
	found, err := collect(ctx, t.session, scanPostNumber, "select id, n from post where "+t.d.member("id", 1), ids(t.session, list))
	out := make(map[directory.ID]int64, len(list))
	for _, p := range found {
		out[p.id] = p.n
	}
	return out, err
}

// clear takes away what belongs to posts that are there already.
func (t workspaceTx) clear(ctx context.Context, posts []workspace.Post, n map[directory.ID]int64) error {
	var numbers []string
	for _, p := range posts {
		if v, there := n[p.ID]; there {
			numbers = append(numbers, strconv.FormatInt(v, 10))
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	for _, name := range []string{"post_mark", "post_file"} {
		if _, err := t.exec(ctx, "delete from "+name+" where "+t.numbersIn("post"), ids(t.session, numbers)); err != nil {
			return err
		}
	}
	return nil
}

// insertPosts writes posts without what belongs to them, and adds their numbers to n.
func (t workspaceTx) insertPosts(ctx context.Context, posts []workspace.Post, nodes map[string]int64, n map[directory.ID]int64) error {
	for _, p := range posts {
		if p.Root != "" && n[p.Root] == 0 {
			return fmt.Errorf("post %s, to which %s is a reply: %w", p.Root, p.ID, directory.ErrNotFound)
		}
	}
	made, err := bulkQuery(ctx, t.session, table{"", "bigint", "bigint", "bigint", "", "", "", "bigint", "bigint", "bigint", "boolean"},
		"insert into post (id, channel, author, root, kind, message, props, created, edited, deleted, pinned)",
		` on conflict (id) do update set channel = excluded.channel, author = excluded.author, root = excluded.root, kind = excluded.kind, message = excluded.message,
		props = excluded.props, created = excluded.created, edited = excluded.edited, deleted = excluded.deleted, pinned = excluded.pinned returning id, n`,
		posts, func(p workspace.Post, a []any) []any {
			return append(a, string(p.ID), nodes[string(p.Channel)], nodes[string(p.Author)], n[p.Root], p.Kind, p.Message, p.Props, ms(p.Created), ms(p.Edited), ms(p.Deleted), p.Pinned)
		}, scanPostNumber)
	for _, p := range made {
		n[p.id] = p.n
	}
	return err
}

// mostMarks is how many marks are written at a time: a post may have more than memory should hold twice.
const mostMarks = 10_000

type markRow struct {
	post int64
	workspace.Mark
}

// putParts writes what belongs to posts.
func (t workspaceTx) putParts(ctx context.Context, posts []workspace.Post, nodes map[string]int64, n map[directory.ID]int64) error {
	type fileRow struct {
		post, pos int64
		workspace.File
	}
	var marks []markRow
	var files []fileRow
	for _, p := range posts {
		for _, m := range p.Marks {
			if marks = append(marks, markRow{n[p.ID], m}); len(marks) < mostMarks {
				continue
			}
			if err := t.putMarks(ctx, marks, nodes); err != nil {
				return err
			}
			marks = marks[:0]
		}
		for i, f := range p.Files {
			files = append(files, fileRow{n[p.ID], int64(i), f})
		}
	}
	if err := t.putMarks(ctx, marks, nodes); err != nil {
		return err
	}
	_, err := bulk(ctx, t.session, table{"bigint", "bigint", "", "", "bigint"}, "insert into post_file (post, pos, hash, name, size)", "", files, func(f fileRow, a []any) []any {
		return append(a, f.post, f.pos, f.Hash, f.Name, f.Size)
	})
	return err
}

// putMarks writes marks; of two that say the same, the later one counts.
func (t workspaceTx) putMarks(ctx context.Context, marks []markRow, nodes map[string]int64) error {
	type key struct {
		post         int64
		kind         workspace.MarkKind
		person, name string
	}
	marks = last(marks, func(m markRow) key { return key{m.post, m.Kind, string(m.Person), m.Name} })
	_, err := bulk(ctx, t.session, table{"bigint", "", "bigint", "", "bigint", "bigint"}, "insert into post_mark (post, kind, person, name, at, unread)",
		" on conflict (post, kind, person, name) do update set at = excluded.at, unread = excluded.unread", marks, func(m markRow, a []any) []any {
			return append(a, m.post, string(m.Kind), nodes[string(m.Person)], m.Name, ms(m.At), m.Unread)
		})
	return err
}
