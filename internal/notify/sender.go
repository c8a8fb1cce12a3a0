package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"muster/internal/directory"
)

// How messages are tried again, and how long one attempt may take.
const (
	firstWait   = 5 * time.Second
	longestWait = 15 * time.Minute
	slowWait    = time.Hour // after a day
	slowAfter   = 24 * time.Hour
	giveUpAfter = 7 * 24 * time.Hour // on a channel without order: there nothing waits behind a message
	attemptTime = time.Minute
	claimTime   = 5 * time.Minute // longer than an attempt: nobody else tries meanwhile, and after a crash it is tried again
	pollEvery   = 2 * time.Second
	gatherTime  = 100 * time.Millisecond
	inRound     = 50
)

// Kept is how long messages are kept that were sent, refused or dropped.
const Kept = 30 * 24 * time.Hour

// A Channel is one way of telling.
type Channel struct {
	Name string
	// Ordered channels send the next message only when the one before was taken.
	Ordered bool
	// Send sends a message. An error of type *RefusedError ends it, one that wraps ErrOver drops it; after any other it is tried again.
	Send func(ctx context.Context, m Message) error
	// Refill, if set, puts the next messages of the channel into the outbox and reports whether there were any. It is called when nothing waits.
	Refill func(ctx context.Context) (bool, error)
}

// A Sender sends what is in the outbox. There is one in a process.
type Sender struct {
	Store    directory.Store
	Channels []Channel
	Now      func() time.Time
	Log      *slog.Logger
	Poll     time.Duration // how often the outbox is looked at; 0 = 2 s

	once  sync.Once
	pokes []chan struct{}
}

func (s *Sender) init() {
	s.once.Do(func() {
		for range s.Channels {
			s.pokes = append(s.pokes, make(chan struct{}, 1))
		}
	})
}

// Wake makes the Sender look now. It never blocks.
func (s *Sender) Wake() {
	s.init()
	for _, c := range s.pokes {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Run sends until ctx ends. Channels do not wait for each other.
func (s *Sender) Run(ctx context.Context) error {
	s.init()
	var all sync.WaitGroup
	for i, c := range s.Channels {
		var feed <-chan struct{}
		if c.Refill != nil {
			feed = s.Store.Wake()
		}
		all.Go(func() { s.serve(ctx, c, s.pokes[i], feed) })
	}
	all.Go(func() { s.sweep(ctx) })
	all.Wait()
	return nil
}

// serve sends the messages of one channel.
func (s *Sender) serve(ctx context.Context, c Channel, poke, feed <-chan struct{}) {
	down := 0 // rounds that ended at a channel that could not be reached
	poll := s.Poll
	if poll == 0 {
		poll = pollEvery
	}
	for ctx.Err() == nil {
		wait := poll
		err := s.Round(ctx, c)
		later, asked := errors.AsType[*LaterError](err)
		switch {
		case err == nil:
			down = 0
		case asked:
			down++
			wait = max(later.Wait, backoff(down, 0))
		case ctx.Err() == nil:
			s.Log.Error("messages are not sent", "channel", c.Name, "error", err)
		}
		if asked { // a channel that is down is asked sooner only if somebody says so
			pause(ctx, wait, poke, nil)
		} else {
			pause(ctx, wait, poke, feed)
		}
	}
}

func pause(ctx context.Context, d time.Duration, poke, feed <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-poke:
	case <-feed: // more is likely to come at once
		pause(ctx, gatherTime, poke, nil)
	}
}

// Round sends what a channel has to send now. An error of type *LaterError says that the channel is down.
func (s *Sender) Round(ctx context.Context, c Channel) error {
	for ctx.Err() == nil {
		due, more, err := s.due(ctx, c)
		if err != nil {
			return err
		}
		for _, m := range due {
			if err := s.try(ctx, c, m); err != nil {
				return err
			}
		}
		if len(due) == 0 && !more {
			return nil
		}
	}
	return ctx.Err()
}

// due returns what may be tried now, and whether there may be more behind it.
func (s *Sender) due(ctx context.Context, c Channel) ([]Message, bool, error) {
	var due []Message
	idle := false
	err := s.Store.View(ctx, func(v directory.Reader) (err error) {
		if !c.Ordered {
			due, err = Of(v).Due(ctx, c.Name, s.Now(), inRound)
			return err
		}
		m, err := Of(v).First(ctx, c.Name)
		switch {
		case errors.Is(err, directory.ErrNotFound):
			idle, err = true, nil
		case err == nil && !m.Next.After(s.Now()):
			due = []Message{m}
		}
		return err
	})
	if err != nil || !idle || c.Refill == nil {
		return due, false, err
	}
	more, err := c.Refill(ctx)
	return nil, more, err
}

// try makes one attempt and writes down what came of it.
func (s *Sender) try(ctx context.Context, c Channel, m Message) error {
	var claimed Message
	err := s.Store.Update(ctx, "notify", func(tx directory.Tx) (err error) {
		claimed, err = In(tx).Claim(ctx, m, s.Now().Add(claimTime))
		return err
	})
	if errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrNotFound) { // somebody else sends it, or it was taken away
		return nil
	}
	if err != nil {
		return err
	}
	m = claimed
	attempt, cancel := context.WithTimeout(ctx, attemptTime)
	sent := c.Send(attempt, m)
	cancel()
	if sent != nil && ctx.Err() != nil { // we were stopped: what became of it is not known
		return s.settle(context.WithoutCancel(ctx), c, m, errors.New("stopped meanwhile"))
	}
	if err := s.settle(ctx, c, m, sent); err != nil {
		return err
	}
	if later, ok := errors.AsType[*LaterError](sent); ok {
		return later
	}
	return nil
}

// settle writes down what came of an attempt.
func (s *Sender) settle(ctx context.Context, c Channel, m Message, sent error) error {
	now := s.Now()
	refused, no := errors.AsType[*RefusedError](sent)
	if age := now.Sub(m.Created); sent != nil && !no && !c.Ordered && age > giveUpAfter && !errors.Is(sent, ErrOver) {
		refused, no = &RefusedError{Answer: fmt.Sprintf("given up after %d days and %d tries: %v", int(age.Hours()/24), m.Attempts, sent)}, true
	}
	switch {
	case sent == nil:
		m.State, m.Ended, m.Answer, m.Body = Sent, now, "", ""
	case no:
		m.State, m.Ended, m.Answer = Refused, now, short(refused.Answer)
		s.Log.Warn("a message was refused", "channel", m.Channel, "message", m.ID, "kind", m.Kind, "answer", m.Answer)
	case errors.Is(sent, ErrOver):
		m.State, m.Ended, m.Answer, m.Body = Dropped, now, ErrOver.Error(), ""
	default:
		wait := backoff(m.Attempts, now.Sub(m.Created))
		if later, ok := errors.AsType[*LaterError](sent); ok {
			wait = max(wait, later.Wait)
		}
		m.Next, m.Answer = now.Add(wait), short(sent.Error())
		s.Log.Warn("a message is tried again", "channel", m.Channel, "message", m.ID, "kind", m.Kind, "attempts", m.Attempts, "next", m.Next, "answer", m.Answer)
	}
	return s.Store.Update(ctx, "notify", func(tx directory.Tx) error {
		have, err := In(tx).Message(ctx, m.ID)
		if errors.Is(err, directory.ErrNotFound) { // erased meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		if have.Attempts != m.Attempts || have.State != Waiting { // somebody tried again, or took it back
			return nil
		}
		return In(tx).Put(ctx, m)
	})
}

// backoff is the time after so many attempts until the next: doubled each time, and a fifth more or less, so that not all come at once.
func backoff(attempts int, age time.Duration) time.Duration {
	d := min(firstWait<<min(max(attempts-1, 0), 20), longestWait)
	if age > slowAfter {
		d = slowWait
	}
	return d*4/5 + rand.N(d*2/5)
}

// Retry makes a message that waits or was refused be tried now.
func Retry(ctx context.Context, tx directory.Tx, id string, now time.Time) (Message, error) {
	m, err := In(tx).Message(ctx, id)
	if err != nil {
		return m, err
	}
	if m.State != Waiting && m.State != Refused {
		return m, fmt.Errorf("message %s is %s: %w", id, m.State, directory.ErrConflict)
	}
	m.State, m.Next, m.Ended = Waiting, now, time.Time{}
	return m, In(tx).Put(ctx, m)
}

// Drop ends a message that waits or was refused: it is not sent any more.
func Drop(ctx context.Context, tx directory.Tx, id, why string, now time.Time) (Message, error) {
	m, err := In(tx).Message(ctx, id)
	if err != nil {
		return m, err
	}
	if m.State != Waiting && m.State != Refused {
		return m, fmt.Errorf("message %s is %s: %w", id, m.State, directory.ErrConflict)
	}
	m.State, m.Ended, m.Answer, m.Body = Dropped, now, short(why), ""
	return m, In(tx).Put(ctx, m)
}

// Refuse ends the messages of a channel that wait, for a reason that time does not mend; they can be tried again by hand. It returns how many there were, at most
// limit.
func Refuse(ctx context.Context, tx directory.Tx, channel, why string, now time.Time, limit int) (int, error) {
	all, err := In(tx).Messages(ctx, Query{Channel: channel, State: Waiting, Limit: limit})
	if err != nil || len(all) == 0 {
		return 0, err
	}
	for i := range all {
		all[i].State, all[i].Ended, all[i].Answer = Refused, now, short(why)
	}
	return len(all), In(tx).Put(ctx, all...)
}

// sweep removes old messages, once an hour.
func (s *Sender) sweep(ctx context.Context) {
	const rows = 1000
	for ctx.Err() == nil {
		n := 0
		err := s.Store.Update(ctx, "notify", func(tx directory.Tx) (err error) {
			n, err = In(tx).Sweep(ctx, s.Now().Add(-Kept), rows)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("old messages could not be removed", "error", err)
		}
		if err != nil || n < rows {
			pause(ctx, time.Hour, nil, nil)
		}
	}
}

// short cuts what another side said.
func short(text string) string {
	const most = 500
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
