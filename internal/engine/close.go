package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// Codes of orders that wait for something of their own.
const (
	codeWhose    = "whose"           // an account may be theirs, and nobody knows
	codeObserves = "target_observes" // nothing is written there
)

// What keeps an order from being obeyed, besides what the connector says.
var (
	errUnclosed = errors.New("the target accepted it, and still shows the account as active")
	errDoubt    = errors.New("it is not certain whose account it is")
	errObserves = errors.New("this target is only observed: nothing is written there. Close the account there by hand")
)

// AlreadyClosed is the Code of an order that found the account closed: lifting it opens nothing.
const AlreadyClosed = "already"

// close closes the account that the order is about, and returns nil once the target has confirmed it, or says that there is none.
func (c *errand) close(ctx context.Context) error {
	if c.order.Object != "" && c.account() == "" {
		if err := c.match(ctx); err != nil {
			return err
		}
	}
	if c.account() == "" {
		c.order.State, c.order.Code, c.order.Confirmed = link.Nobody, "", c.t.e.cfg.Now()
		c.order.Answer = "there is no account there"
		return nil
	}
	if c.order.Attempts > 0 || !c.have.Active || c.t.Mode == Observe { // of a bare account, nobody knows whether it is active
		closed, err := c.look(ctx, true)
		if closed || err != nil {
			return err
		}
	}
	if c.t.Mode == Observe {
		return errObserves
	}
	if err := c.begin(ctx); err != nil {
		return err
	}
	_, err := c.t.Connector.Apply(ctx, c.op())
	if err != nil && !errors.Is(err, connector.ErrNotFound) {
		c.mark(unclassified(err))
		return err
	}
	c.outcome.Result = link.Done
	c.mark(true)
	closed, err := c.look(ctx, false)
	if err == nil && !closed {
		err = errUnclosed
	}
	if err != nil {
		c.outcome.Answer = cut(err.Error())
	}
	return err
}

// mark remembers of a link that its closing was ordered and may have taken effect.
func (c *errand) mark(sent bool) {
	if !sent || c.have.Object == "" {
		return
	}
	l := c.have
	if l.State != link.Closing {
		l.State, l.Since = link.Closing, c.t.e.cfg.Now()
	}
	l.Cause = directory.Operator
	c.outcome.Link = &l
}

// look asks the target whether the account is closed, and if so, says what is the proof. already means that nobody has sent anything yet.
func (c *errand) look(ctx context.Context, already bool) (bool, error) {
	id := c.account()
	remote, proof, err := c.t.readBack(ctx, connector.User, id)
	if err != nil || remote != nil && remote.Active {
		return false, err
	}
	now := c.t.e.cfg.Now()
	c.order.State, c.order.Code, c.order.Answer, c.order.Confirmed, c.order.Remote = link.Obeyed, "", proof, now, id
	if already && c.order.Attempts == 0 {
		c.order.Code = AlreadyClosed
	}
	c.outcome.Answer = proof
	if c.have.Object == "" {
		return true, nil
	}
	l := c.have
	if l.State != link.Closed || l.Active {
		l.Since = now
	}
	l.State, l.Active, l.Confirmed, l.Cause = link.Closed, false, now, directory.Operator
	if remote == nil { // there is nothing to enable: who comes back is looked up
		l.Applied = nil
		edges, err := c.forgotten(ctx, l)
		if err != nil {
			return false, err
		}
		c.outcome.Edges = edges
	}
	c.outcome.Link = &l
	return true, nil
}

// readBack asks the target for an account or group, and returns it, or nil if it is gone while the target answers otherwise. proof says in words what it answered.
func (t *target) readBack(ctx context.Context, kind connector.Kind, id connector.RemoteID) (remote *connector.Remote, proof string, err error) {
	found, err := t.Connector.Get(ctx, kind, id)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		if _, err := t.Connector.Check(ctx); err != nil { // the canary
			return nil, "", err
		}
		return nil, fmt.Sprintf("read back: there is no %s any more, while the target answers otherwise (%s)", id, cut(err.Error())), nil
	case err != nil:
		return nil, "", err
	case found.Active:
		return &found, fmt.Sprintf("read back: the account %s is active", id), nil
	}
	return &found, fmt.Sprintf("read back: the account %s is disabled", id), nil
}

func (c *errand) forgotten(ctx context.Context, l link.Link) (edges []link.Edge, err error) {
	return edges, c.t.view(ctx, func(v directory.Reader) (err error) {
		edges, err = appliedEdges(ctx, link.Of(v), l)
		return err
	})
}

// begin chooses how the account is closed, and records the intent, and with it the link of an account that was found just now.
func (c *errand) begin(ctx context.Context) error {
	verb, err := c.verb(ctx)
	if err != nil {
		return err
	}
	return c.intend(ctx, verb)
}

func (c *errand) intend(ctx context.Context, verb connector.Verb) error {
	c.intent = link.Intent{
		ID: string(directory.NewID()), Target: c.t.Name, Object: c.have.Object, Kind: connector.User, Verb: verb, Remote: c.account(), Cause: directory.Operator,
		Before: c.have.Applied, Active: verb != connector.Enable, Want: c.have.Applied, At: c.t.e.cfg.Now(),
	}
	c.order.Remote = c.account()
	err := c.t.update(ctx, func(tx directory.Tx) error {
		l := link.In(tx)
		if c.adopt {
			if err := l.Put(ctx, c.have); err != nil {
				return err
			}
		}
		if err := l.PutOrders(ctx, c.order); err != nil {
			return err
		}
		return l.Begin(ctx, c.t.epoch, c.intent)
	})
	if err != nil {
		c.intent.ID = ""
		return fmt.Errorf("record the intent: %w", err)
	}
	return nil
}

// verb returns how an account is closed there: as the rules choose, and where removing is switched off, by disabling.
func (c *errand) verb(ctx context.Context) (connector.Verb, error) {
	can, err := c.t.features(ctx)
	if err != nil {
		return "", err
	}
	rules := c.rules()
	switch {
	case c.have.Object != "" && rules.rules.People.WhenRemoved == plan.Delete && can.DeleteUser:
		return connector.Delete, nil
	case can.Disable:
		return connector.Disable, nil
	}
	return "", fmt.Errorf("%w: it cannot disable accounts. Close the account there by hand", connector.ErrUnsupported)
}

func (c *errand) op() connector.Op {
	return connector.Op{Key: c.intent.ID, Verb: c.intent.Verb, Kind: connector.User, ID: c.intent.Remote, Want: c.intent.Want, Repeat: c.order.Attempts > 0}
}

// rules are those in force, or while none are, those that are configured.
func (c *errand) rules() *ruleset {
	if r := c.t.ruled(); r != nil {
		return r
	}
	return c.t.set()
}

// resolve finds out which account an order means that is about one, and not about a person.
func (c *errand) resolve(ctx context.Context) error {
	if c.bare = c.order.Remote; c.order.Object != "" || c.bare != "" {
		return nil
	}
	found, err := c.t.findAccount(ctx, string(c.order.Account))
	if errors.Is(err, connector.ErrNotFound) {
		return nil
	}
	c.bare = found.ID
	return err
}

// match looks for an account of a person who has none that we know of. One that a rule would have linked is theirs; about any other, somebody must say so.
func (c *errand) match(ctx context.Context) error {
	can, err := c.t.features(ctx)
	if err != nil {
		return err
	}
	w, err := c.t.open(ctx, run.Serve, c.rules(), "", can)
	if err != nil {
		return err
	}
	if err := w.relist(ctx); err != nil {
		return err
	}
	units, err := w.prepare(ctx, []directory.ID{c.order.Object})
	if err != nil || len(units) == 0 {
		return err
	}
	u := units[0]
	found, err := w.find(ctx, u)
	if err != nil || found == nil {
		return err
	}
	scope := u.want.Scope
	u.want.Ask, u.want.Doubt = "", nil
	if err := w.offerFound(ctx, u, *found); err != nil {
		return err
	}
	switch {
	case !found.Active:
		return nil
	case u.want.Ask != "" || scope != plan.In || c.t.ruled() == nil:
		return fmt.Errorf("%w: %s there matches them. If it is theirs, close it with `muster disable --account %s:%s`", errDoubt, found.ID, c.t.Name, found.ID)
	}
	now := c.t.e.cfg.Now()
	c.have = link.Link{
		Target: c.t.Name, Object: c.order.Object, Kind: connector.User, Remote: found.ID, State: link.Linked, Origin: link.Adopted, Active: true,
		Applied: mapped(u.want, found.Attrs), Since: now, Confirmed: now,
	}
	c.adopt = true
	return nil
}

// FindAccount finds an account at a target by its id, or by what accounts are matched by. It is connector.ErrNotFound if there is none while the target answers.
func (e *Engine) FindAccount(ctx context.Context, name, account string) (connector.Remote, error) {
	t, err := e.target(name)
	if err != nil {
		return connector.Remote{}, err
	}
	return t.findAccount(connector.Urgent(ctx), account)
}

func (t *target) findAccount(ctx context.Context, account string) (connector.Remote, error) {
	found, err := t.Connector.Get(ctx, connector.User, connector.RemoteID(account))
	if err == nil || !errors.Is(err, connector.ErrNotFound) && !errors.Is(err, connector.ErrInvalid) {
		return found, err
	}
	can, err := t.features(ctx)
	if err != nil {
		return found, err
	}
	finder, ok := t.Connector.(connector.Finder)
	for _, by := range append(slices.Clone(t.set().rules.People.Match), "userName") {
		if !ok || !slices.Contains(can.FindBy, attr.Path(by)) {
			continue
		}
		found, err := finder.Find(ctx, connector.User, by, account)
		if err == nil || !errors.Is(err, connector.ErrNotFound) {
			return found, err
		}
	}
	if _, err := t.Connector.Check(ctx); err != nil { // the canary
		return connector.Remote{}, err
	}
	return connector.Remote{}, fmt.Errorf("account %q: %w", account, connector.ErrNotFound)
}

// reopen opens an account that is nobody's of ours, after the order to close it was lifted.
func (c *errand) reopen(ctx context.Context) error {
	remote, err := c.t.Connector.Get(ctx, connector.User, c.order.Remote)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		if _, err := c.t.Connector.Check(ctx); err != nil {
			return err
		}
		c.drop = true
		return nil
	case err != nil:
		return err
	case remote.Active || c.have.Object != "" || c.t.Mode == Observe: // it is somebody's by now, and open if they are to have it
		c.drop = true
		return nil
	}
	c.have.Applied = remote.Attrs
	if err := c.intend(ctx, connector.Enable); err != nil {
		return err
	}
	op := c.op()
	op.Active = true
	if _, err := c.t.Connector.Apply(ctx, op); err != nil {
		return err
	}
	remote, err = c.t.Connector.Get(ctx, connector.User, c.order.Remote)
	c.outcome.Result = link.Done
	if err == nil && !remote.Active {
		err = errors.New("the target accepted it, and still shows the account as disabled")
	}
	if err != nil {
		c.outcome.Answer = cut(err.Error())
		return err
	}
	c.outcome.Answer, c.drop = fmt.Sprintf("read back: the account %s is active", c.order.Remote), true
	return nil
}
