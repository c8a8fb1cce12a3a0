package store

import (
	"context"
	"errors"
	"runtime"
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
// open; whoever has done their part queues again behind those who wait, and commits for all when it is their turn and nobody waits, or enough have had theirs.
func (d *sqliteDB) write(ctx context.Context, fn func(querier) error) error {
	d.waiting.Add(1)
	c, err := d.take(ctx)
	d.waiting.Add(-1)
	if err != nil {
		return err
	}
	g, err := d.join(ctx, c, fn)
	if err != nil {
		return err
	}
	for {
		if c.open == g && (d.waiting.Load() == 0 || g.size >= groupSize || time.Since(g.began) > groupTime) {
			c.end(ctx)
		}
		d.writer <- c
		select {
		case <-g.done:
			return g.err
		case c = <-d.writer:
		}
	}
}

// join has fn take part in the group on c, and gives c back if it does not, also after a panic.
func (d *sqliteDB) join(ctx context.Context, c *liteConn, fn func(querier) error) (g *group, err error) {
	defer func() {
		if g == nil {
			d.writer <- c
		}
	}()
	return c.part(ctx, fn)
}

// take waits for the connection that writes. If a group on it is full, it is committed before anybody joins it.
func (d *sqliteDB) take(ctx context.Context) (*liteConn, error) {
	var c *liteConn
	select {
	case c = <-d.writer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		d.writer <- c
		return nil, err
	}
	if g := c.open; g != nil && (g.size >= groupSize || time.Since(g.began) > groupTime) {
		c.end(ctx)
	}
	return c, nil
}

// idle waits for the connection that writes to have no transaction open. Those who are in one end it.
func (d *sqliteDB) idle(ctx context.Context) (*liteConn, error) {
	for {
		select {
		case c := <-d.writer:
			if c.open == nil {
				return c, nil
			}
			d.writer <- c
			runtime.Gosched()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// part runs fn as a part of the open group, or as the first of a new one, and returns the group. A part that fails leaves nothing behind; if that cannot be
// done, nobody's part in the group counts.
func (c *liteConn) part(ctx context.Context, fn func(querier) error) (g *group, err error) {
	ctx = context.WithoutCancel(ctx) // a begin that is cancelled may have begun all the same
	first := c.open == nil
	begin, undo := "savepoint part", "rollback to savepoint part"
	if first {
		begin, undo = "begin immediate", "rollback"
	}
	if _, err := c.exec(ctx, begin, nil); err != nil {
		return nil, err
	}
	done := false
	defer func() {
		if done {
			return
		}
		_, back := c.exec(ctx, undo, nil) // also after a panic in fn
		if back == nil && !first {
			_, back = c.exec(ctx, "release savepoint part", nil)
		}
		if back != nil {
			err = errors.Join(err, back)
			c.giveUp(ctx, err)
		}
	}()
	if err := fn(c); err != nil {
		return nil, err
	}
	if first {
		c.open = &group{began: time.Now(), done: make(chan struct{})}
	} else if _, err := c.exec(ctx, "release savepoint part", nil); err != nil {
		return nil, err
	}
	done = true
	c.open.size++
	return c.open, nil
}

// end commits the open group, and tells everybody in it what came of it.
func (c *liteConn) end(ctx context.Context) {
	if _, err := c.exec(context.WithoutCancel(ctx), "commit", nil); err != nil {
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
