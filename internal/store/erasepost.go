package store

import (
	"database/sql"
	"strconv"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// directChannels removes the channels that somebody shared with one other person, or had for themselves, with all that was said there.
func (x *erasing) directChannels() (int, error) {
	channels, err := collect(x.ctx, x.session, scanOne[int64], "select p.n from place_member m join place p on p.n = m.place where m.person = "+nodeOf(1)+" and p.kind = $2 order by p.n limit 1",
		x.Person, string(workspace.Direct))
	if err != nil || len(channels) == 0 {
		return 0, err
	}
	list, err := x.postNumbers("p.channel = $1", channels[0])
	if err != nil || len(list) > 0 {
		return 0, x.more(x.dropPosts(list), err)
	}
	if _, err := x.exec(x.ctx, "delete from place_member where place = $1", channels[0]); err != nil {
		return 0, err
	}
	x.Place = ""
	return x.run("delete from place where n = $1", channels[0])
}

// more notes that a step is not at its end though nothing of what it counts is gone yet.
func (x *erasing) more(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	x.Place = "more"
	return nil
}

func (x *erasing) postNumbers(where string, args ...any) ([]string, error) {
	found, err := collect(x.ctx, x.session, scanOne[int64], "select p.n from post p where "+where+" order by p.n limit "+strconv.Itoa(x.limit), args...)
	out := make([]string, len(found))
	for i, n := range found {
		out[i] = strconv.FormatInt(n, 10)
	}
	return out, err
}

// dropPosts removes posts with all that belongs to them, and notes which contents they referred to.
func (x *erasing) dropPosts(list []string) error {
	in := workspaceReader{x.session}.numbersIn
	for _, text := range []string{
		"insert into erasure_file (hash) select distinct hash from post_file where " + in("post") + " on conflict (hash) do nothing",
		"delete from post_file where " + in("post"),
		"delete from post_mark where " + in("post"),
		"delete from post where " + in("n"),
	} {
		if _, err := x.exec(x.ctx, text, ids(x.session, list)); err != nil {
			return err
		}
	}
	return nil
}

// threads saves what others replied to somebody: the oldest reply of theirs begins the thread then.
func (x *erasing) threads() (int, error) {
	type heir struct{ root, reply int64 }
	found, err := collect(x.ctx, x.session, func(rows *sql.Rows, h *heir) error { return rows.Scan(&h.root, &h.reply) },
		`select p.n, (select r.n from post r where r.root = p.n and r.root <> 0 and r.author <> p.author order by r.created, r.n limit 1) from post p
		where p.author = `+nodeOf(1)+` and p.root = 0 and exists (select 1 from post r where r.root = p.n and r.root <> 0 and r.author <> p.author) order by p.n limit 20`, x.Person)
	for _, h := range found {
		for _, text := range []string{
			"update post set root = $2 where root = $1 and root <> 0 and n <> $2",
			"update post set root = 0 where n = $2 and root = $1",
			`insert into post_mark (post, kind, person, name, at, unread) select $2, kind, person, name, at, unread from post_mark where post = $1 and kind = 'follows'
				on conflict (post, kind, person, name) do nothing`,
		} {
			if _, err := x.exec(x.ctx, text, h.root, h.reply); err != nil {
				return 0, err
			}
		}
	}
	return len(found), err
}

// posts removes what somebody posted and replied.
func (x *erasing) posts() (int, error) {
	list, err := x.postNumbers("p.author = "+nodeOf(1), x.Person)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return len(list), x.dropPosts(list)
}

func (x *erasing) profile() (int, error) {
	_, err := x.exec(x.ctx, "insert into erasure_file (hash) select hash from profile where person = "+nodeOf(1)+" and hash <> '' on conflict (hash) do nothing", x.Person)
	if err != nil {
		return 0, err
	}
	return x.run("delete from profile where person = "+nodeOf(1), x.Person)
}

// bots gives the bots of somebody to the heir.
func (x *erasing) bots() (int, error) {
	n, err := x.numbers(x.ctx, []string{string(x.Heir)})
	if err != nil || x.Heir == x.Person {
		return 0, err
	}
	return x.run("update bot set owner = $2 where owner = "+nodeOf(1)+" and owner <> 0", x.Person, n[string(x.Heir)])
}

// groups takes somebody out of groups.
func (x *erasing) groups() (int, error) {
	t := tx{reader{x.session}}
	edges, err := t.GroupsOf(x.ctx, []directory.ID{x.Person})
	for _, e := range edges {
		if err := t.PutEdges(x.ctx, e.Group, nil, []directory.ID{x.Person}); err != nil {
			return 0, err
		}
	}
	return len(edges), err
}
