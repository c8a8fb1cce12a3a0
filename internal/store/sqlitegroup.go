package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Writes that come at the same time share one commit, since making a commit durable takes longer than most of them do. How much of that is bounded: readers see
// nothing of it before, and nobody is to wait for long.
const (
	groupSize = 64
	groupTime = 20 * time.Millisecond
)

// A group is a transaction in which several writes stand, each of which leaves nothing behind if it fails.
type group struct {
	size  int
	began time.Time
	done  chan struct{} // closed when it was committed or given up
	err   error         // set before
}

// write runs fn in a transaction, which may be shared, and returns when that is durable. The connection goes from one write to the next with the transaction
// open; whoever has done their part and finds that nobody waits for it, or that enough have had theirs, commits for all.
func (d *sqliteDB) write(ctx context.Context, fn func(querier) error) error {
	c, err := d.take(ctx)
	if err != nil {
		return err
	}
	g, err := d.join(ctx, c, fn)
	if err != nil {
		return err
	}
	<-g.done
	return g.err
}

// join has fn take part in the group on c, and passes c on, also after a panic.
func (d *sqliteDB) join(ctx context.Context, c *liteConn, fn func(querier) error) (g *group, err error) {
	defer d.pass(c)
	return c.part(ctx, fn)
}

// take waits for the connection that writes.
func (d *sqliteDB) take(ctx context.Context) (*liteConn, error) {
	d.waiting.Add(1)
	select {
	case c := <-d.writer:
		d.waiting.Add(-1)
		if err := ctx.Err(); err != nil {
			d.pass(c)
			return nil, err
		}
		return c, nil
	case <-ctx.Done():
		d.waiting.Add(-1)
		select {
		case c := <-d.writer: // it may have been put there for this one alone
			d.pass(c)
		default:
		}
		return nil, ctx.Err()
	}
}

// pass hands the connection to the next who waits for it. An open group is committed if it is full or nobody waits; who waited and gave up looks after it, too.
func (d *sqliteDB) pass(c *liteConn) {
	for {
		if g := c.open; g != nil && (d.waiting.Load() == 0 || g.size >= groupSize || time.Since(g.began) > groupTime) {
			c.end()
		}
		left := c.open != nil
		d.writer <- c
		if !left || d.waiting.Load() > 0 {
			return
		}
		select {
		case c = <-d.writer:
		default:
			return
		}
	}
}

// idle waits for the connection that writes, and commits what is open on it.
func (d *sqliteDB) idle(ctx context.Context) (*liteConn, error) {
	select {
	case c := <-d.writer:
		if c.open != nil {
			c.end()
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// part runs fn as a part of the open group, or as the first of a new one, and returns the group. A part that fails leaves nothing behind.
func (c *liteConn) part(ctx context.Context, fn func(querier) error) (g *group, err error) {
	ctx = context.WithoutCancel(ctx) // a begin that is cancelled may have begun all the same
	first, saved := c.open == nil, c.open != nil && time.Now().Before(c.careful)
	switch {
	case first:
		c.feed = feedHead{}
		_, err = c.exec(ctx, "begin immediate", nil)
	case saved:
		_, err = c.exec(ctx, "savepoint part", nil)
	}
	if err != nil {
		return nil, err
	}
	c.wrote = false
	done := false
	defer func() {
		if !done { // also after a panic in fn
			err = errors.Join(err, c.undo(ctx, saved))
		}
	}()
	if err := fn(c); err != nil {
		return nil, err
	}
	if saved {
		if _, err := c.exec(ctx, "release savepoint part", nil); err != nil {
			return nil, err
		}
	}
	if done = true; first {
		c.open = &group{began: time.Now(), done: make(chan struct{})}
	}
	c.open.size++
	return c.open, nil
}

// A savepoint copies every page that is written, and nearly every part succeeds. So parts have none: if one fails that has written something, all that share
// its commit begin again, and for a while each has a savepoint.
const carefulFor = time.Second

// errRedo says that the transaction was rolled back because of somebody else.
var errRedo = errors.New("the commit was to be shared with a write that failed")

// undo takes back what the part that failed has written. If that cannot be done, nobody's part in the group counts.
func (c *liteConn) undo(ctx context.Context, saved bool) error {
	var err error
	switch {
	case saved:
		if _, err = c.exec(ctx, "rollback to savepoint part", nil); err == nil {
			_, err = c.exec(ctx, "release savepoint part", nil)
		}
	case c.open != nil && !c.wrote:
	default:
		_, err = c.exec(ctx, "rollback", nil)
		if g := c.open; err == nil && g != nil {
			c.open, c.careful = nil, time.Now().Add(carefulFor)
			g.err = errRedo
			close(g.done)
		}
	}
	if err != nil {
		c.giveUp(ctx, err)
	}
	return err
}

// end commits the open group, and tells everybody in it what came of it. It is nobody's alone, so nobody ends it early.
func (c *liteConn) end() {
	ctx := context.Background()
	err := c.keepFeed(ctx)
	if err == nil {
		_, err = c.exec(ctx, "commit", nil)
	}
	if err != nil {
		c.giveUp(ctx, err)
		return
	}
	g := c.open
	c.open = nil
	close(g.done)
}

// giveUp rolls back the open group, if there is one.
func (c *liteConn) giveUp(ctx context.Context, err error) {
	_, back := c.exec(context.WithoutCancel(ctx), "rollback", nil)
	g := c.open
	c.open = nil
	if g != nil {
		g.err = errors.Join(err, back)
		close(g.done)
	}
}

// A feedHead is the last Seq of the feed as the parts of a group know it: the first that asks reads it, and the commit writes it.
type feedHead struct {
	known     bool
	was, last int64
}

// lastSeq returns the last Seq of the feed.
func (c *liteConn) lastSeq(ctx context.Context) (seq int64, err error) {
	if c.feed.known {
		return c.feed.last, nil
	}
	rows, err := c.query(ctx, "select n from feed", nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return 0, errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(&seq); err != nil {
		return 0, err
	}
	c.feed = feedHead{known: true, was: seq, last: seq}
	return seq, nil
}

// keepFeed writes the last Seq of the feed, if the open group has used some.
func (c *liteConn) keepFeed(ctx context.Context) error {
	if c.feed.last == c.feed.was {
		return nil
	}
	_, err := c.exec(ctx, "update feed set n = $1 where n < $1", []any{c.feed.last})
	return err
}
