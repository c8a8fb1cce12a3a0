package store

import (
	"context"
	"database/sql"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// ListPosts implements workspace.Reader.
func (r workspaceReader) ListPosts(ctx context.Context, q workspace.PostQuery) ([]workspace.Post, error) {
	of, where := q.Channel, "p.channel = "+nodeOf(1)+" and p.root = 0"
	switch {
	case q.Root != "":
		of, where = q.Root, "p.root = (select n from post where id = $1) and p.root <> 0"
	case q.Author != "":
		of, where = q.Author, "p.author = "+nodeOf(1)
	}
	beyond, order := " > ", "p.created, p.n"
	if q.Newest {
		beyond, order = " < ", "p.created desc, p.n desc"
	}
	args := []any{of, atMost(q.Limit)}
	if q.After != "" {
		found, err := collect(ctx, r.session, scanPost, postSelect+"where p.id = $1", q.After)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		where += " and (p.created, p.n)" + beyond + "($3, $4)"
		args = append(args, ms(found[0].Created), found[0].n)
	}
	rows, err := collect(ctx, r.session, scanPost, postSelect+"where "+where+" order by "+order+" limit $2", args...)
	return r.whole(ctx, rows, err)
}

// PostsByID implements workspace.Reader.
func (r workspaceReader) PostsByID(ctx context.Context, list []directory.ID) ([]workspace.Post, error) {
	if len(list) == 0 {
		return nil, nil
	}
	rows, err := collect(ctx, r.session, scanPost, postSelect+"where "+r.d.member("p.id", 1), ids(r.session, list))
	return r.whole(ctx, rows, err)
}

// CountReplies implements workspace.Reader.
func (r workspaceReader) CountReplies(ctx context.Context, roots []directory.ID) (map[directory.ID]int, error) {
	type row struct {
		id directory.ID
		n  int
	}
	out := map[directory.ID]int{}
	if len(roots) == 0 {
		return out, nil
	}
	rows, err := collect(ctx, r.session, func(rows *sql.Rows, v *row) error { return rows.Scan(&v.id, &v.n) },
		"select t.id, count(*) from post t join post p on p.root = t.n where "+r.d.member("t.id", 1)+" and p.root <> 0 and p.deleted = 0 group by t.id", ids(r.session, roots))
	for _, v := range rows {
		out[v.id] = v.n
	}
	return out, err
}
