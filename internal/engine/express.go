package engine

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// The express lane carries out orders to close somebody: past limits, holds, queues and the wave that the target carries out at that moment.
//
//	order ─▶ take hold of the person ─▶ whose account? ─▶ Begin ─▶ Apply ─▶ read back ─▶ Settle, with the order
//
// An order is stored before anything is sent, and open until a read-back has confirmed it; whoever finds it open carries it out, after a restart too. A wave
// and an order never call about one person at the same time (hands.go), and a wave does nothing with what it read before the order (ordered.go).

// The measures of the express lane.
const (
	obeyAtOnce = 8                // orders of a target that are carried out at a time
	obeyMost   = 10_000           // orders that are looked at in one round
	obeyAgain  = time.Minute      // at most, between two tries in the first hour
	obeyRarely = 15 * time.Minute // after that
	failPause  = 5 * time.Second  // after a round that could not be read or written
)

// Obey carries out the orders of a target that are due, and returns when each was tried. It does not wait for the wave that the target carries out.
func (e *Engine) Obey(ctx context.Context, name string) error {
	t, err := e.target(name)
	if err != nil {
		return err
	}
	return t.obey(ctx)
}

// express carries orders out as they become due, until ctx ends.
func (t *target) express(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := t.obey(ctx); err != nil && ctx.Err() == nil {
			t.log.Error("orders not carried out", "error", err)
			if !rest(ctx, failPause) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (t *target) obey(ctx context.Context) error {
	state, err := t.state(ctx)
	if err != nil {
		return err
	}
	var due []link.Order
	err = t.view(ctx, func(v directory.Reader) (err error) {
		due, err = link.Of(v).DueOrders(ctx, t.Name, t.e.cfg.Now(), obeyMost)
		return err
	})
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(obeyAtOnce)
	for _, o := range due {
		if state.Paused != nil && !o.Through {
			continue // it is shown as waiting for the end of the pause
		}
		g.Go(func() error { return t.obeyOne(ctx, o) })
	}
	return g.Wait()
}

type orderKey struct {
	object  directory.ID
	account connector.RemoteID
}

// obeyOne carries out one order, unless that is being done already.
func (t *target) obeyOne(ctx context.Context, o link.Order) error {
	key := orderKey{o.Object, o.Account}
	if _, busy := t.inHand.LoadOrStore(key, true); busy {
		return nil
	}
	defer t.inHand.Delete(key)
	t.turns.Add(1)
	ctx = connector.Urgent(ctx)
	c := &errand{t: t, order: o}
	if err := c.load(ctx); err != nil || c.over {
		return err
	}
	if err := c.resolve(ctx); err != nil {
		return c.settle(ctx, err)
	}
	was := c.account()
	release, err := t.hands.take(ctx, keysFor(o.Object, was)...)
	if err != nil {
		return err
	}
	defer release()
	if err := c.load(ctx); err != nil || c.over || c.account() != was {
		return err // lifted meanwhile; or their account is another by now, and the next round takes hold of that
	}
	if c.order.State == link.Reopen {
		return c.settle(ctx, c.reopen(ctx))
	}
	return c.settle(ctx, c.close(ctx))
}

// An errand is one order on its way. Its link and its order are as they stood when the person was taken hold of.
type errand struct {
	t       *target
	order   link.Order
	have    link.Link          // zero: the account is nobody's of ours
	bare    connector.RemoteID // of an order about an account: its id, once known
	over    bool               // there is nothing to be done any more
	adopt   bool               // have is not stored yet
	intent  link.Intent
	outcome link.Outcome
	drop    bool // the order is done with
}

// account returns the account that the order is about, or "" while it is not known.
func (c *errand) account() connector.RemoteID {
	if linkedTo(c.have) {
		return c.have.Remote
	}
	return c.bare
}

// linkedTo reports whether l leads to an account.
func linkedTo(l link.Link) bool { return l.Remote != "" && l.State != link.Lost }

// load reads the order and the link as they are now.
func (c *errand) load(ctx context.Context) error {
	return c.t.view(ctx, func(v directory.Reader) error {
		l := link.Of(v)
		var orders []link.Order
		var links []link.Link
		var err error
		if c.order.Object != "" {
			if orders, err = l.Orders(ctx, c.t.Name, []directory.ID{c.order.Object}); err == nil {
				links, err = l.Links(ctx, c.t.Name, []directory.ID{c.order.Object})
			}
		} else if orders, err = l.OrdersOn(ctx, c.t.Name, []connector.RemoteID{c.order.Account}); err == nil && c.bare != "" {
			links, err = l.ByRemote(ctx, c.t.Name, connector.User, []connector.RemoteID{c.bare})
		}
		if err != nil {
			return err
		}
		if c.over = len(orders) == 0 || orders[0].State != link.Ordered && orders[0].State != link.Reopen; c.over {
			return nil
		}
		c.order, c.have = orders[0], link.Link{}
		if len(links) > 0 {
			c.have = links[0]
		}
		return nil
	})
}

// settle records how far the order got, with the link and the journal, in one transaction.
func (c *errand) settle(ctx context.Context, err error) error {
	if ctx.Err() != nil && c.intent.ID == "" {
		return nil // nothing was sent, and the order is as it was
	}
	now := c.t.e.cfg.Now()
	was := c.order.Code
	if err != nil {
		c.failed(ctx, err)
	}
	ctx = context.WithoutCancel(ctx)
	stored := c.t.update(ctx, func(tx directory.Tx) error {
		l := link.In(tx)
		if c.intent.ID != "" {
			c.outcome.Intent, c.outcome.At, c.outcome.Took = c.intent.ID, now, now.Sub(c.intent.At)
			if err := l.Settle(ctx, c.outcome); err != nil {
				return err
			}
		} else if c.outcome.Link != nil {
			if err := l.Put(ctx, *c.outcome.Link); err != nil {
				return err
			}
			if err := l.Seen(ctx, c.outcome.Edges...); err != nil {
				return err
			}
		}
		if c.order.Object != "" && c.order.State == link.Obeyed {
			if err := l.DropWaiting(ctx, c.t.Name, c.order.Object); err != nil {
				return err
			}
		}
		if c.drop {
			return l.DropOrders(ctx, c.order)
		}
		return l.PutOrders(ctx, c.order)
	})
	log := c.t.log.With("person", c.order.Object, "account", c.account(), "by", c.order.By)
	switch {
	case stored != nil:
		return stored
	case c.drop:
		log.Info("order lifted", "answer", c.outcome.Answer)
	case c.order.State == link.Ordered && c.order.Code != was:
		log.Warn("ordered closed, and not confirmed", "code", c.order.Code, "why", c.order.Answer)
	case c.order.State != link.Ordered:
		log.Info("order carried out", "state", c.order.State, "answer", c.order.Answer)
	}
	return nil
}

// failed says what err means for the order: it stays open and is tried again.
func (c *errand) failed(ctx context.Context, err error) {
	var wait *connector.RetryAfter
	c.order.Answer, c.order.Attempts = cut(err.Error()), c.order.Attempts+1
	pause := c.pause()
	switch {
	case errors.As(err, &wait):
		c.order.Code, pause = codeThrottled, max(wait.Wait, time.Second)
	case refuses(err):
		c.order.Code = stopped(c.t.Name, err).Code
		if err := c.t.stop(ctx, err); err != nil {
			c.t.log.Error("stop not recorded", "error", err)
		}
	case errors.Is(err, errUnclosed):
		c.order.Code = codeUnclosed
	case errors.Is(err, errDoubt):
		c.order.Code = codeWhose
	case errors.Is(err, errObserves):
		c.order.Code = codeObserves
	case errors.Is(err, connector.ErrUnsupported):
		c.order.Code = codeOffered
	case errors.Is(err, connector.ErrInvalid):
		c.order.Code = codeInvalid
	default:
		c.order.Code = codeUnknown
	}
	c.order.Next = c.t.e.cfg.Now().Add(pause)
	if c.intent.ID == "" || c.outcome.Result != "" {
		return
	}
	c.outcome.Answer, c.outcome.Result = c.order.Answer, link.Failed
	if unclassified(err) {
		c.outcome.Result = link.Unknown
	}
}

// pause is how long the next try waits: a leaver is tried again every minute, and after an hour of that every quarter of one.
func (c *errand) pause() time.Duration {
	if c.order.Attempts > 60 {
		return obeyRarely
	}
	return min(backoff(c.order.Attempts), obeyAgain)
}
