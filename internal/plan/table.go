package plan

import (
	"cmp"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// Object says what to do about one object. It is pure: the same arguments give the same lines with the same keys, and once the lines are carried out,
// asking again gives none that act.
//
// With have Linked, seen is its account as just observed; nil means that nobody looked, and what the link remembers is compared. Else (no
// link, a lost one, one closed by a delete) seen is the candidate found by the match attributes; nil means that there is none.
//
//	scope    link         account             person    lines
//	-----    ----         -------             ------    -----
//	unknown  linked       active              stated    removal: disabled by the source or by a person of ours               4 5
//	unknown  any          any                 else      nothing: absence is not evidence
//
//	in       none         no candidate        active    create                                                1 2 6
//	in       none         no candidate        disabled  create disabled, if disabled people are provisioned   1 2 6
//	                                                    (target cannot: create, disable); else nothing
//	in       none         candidate active    active    link, update of what differs                          2 3
//	in       none         candidate active    disabled  link, removal                                         4 5
//	in       none         candidate disabled  active    ask: a reused name, or somebody who came back
//	in       none         candidate disabled  disabled  link
//
//	in       linked       active              active    update of what differs                                2 3
//	in       linked       disabled            active    enable, with what differs                             2 3 5
//	in       linked       active              disabled  removal                                               4 5
//	in       linked       disabled            disabled  nothing: disabled accounts are not kept up to date
//
//	out      none         any                 any       nothing
//	out      linked       active              any       removal                                               4 5
//	out      linked       disabled            any       removal if it is delete; else nothing
//	out      closed       seen active         any       removal: somebody enabled it there by hand            4 5
//	out      closed       else                any       nothing
//
//	1  rule create is off: skip, switched_off
//	2  a required attribute has no value: skip, missing_value; the target cannot hold a value: skip, invalid. Neither keeps anybody from being removed
//	3  rule update is off: skip, switched_off
//	4  removal is the rule's choice: disable or delete; with nothing, or removal off: skip, switched_off
//	5  the target cannot disable, or delete: skip, unsupported
//	6  create writes the attributes of Once too; no other line does
//
// A group stands in the same table as an object that is always active there, with these differences: a group that is no longer active is never looked for
// among candidates; its removal is delete, empty or nothing, where empty is planned by Members once the edges are unwanted; where the target cannot
// rename, a new name asks; where it has no groups, every line becomes a skip, unsupported.
//
// References come last, each as a line of its own: see refers.
//
// Links in state Closing count as linked. Whatever acts, a removal too, becomes one skip, ask, while Desired.Ask is set. A question of
// the table's own is then part of it.
func Object(want Desired, have link.Link, seen *connector.Remote, f connector.Features) []Line {
	t := table{want: want, have: have, seen: seen, can: f}
	lines := t.rows()
	if i := slices.IndexFunc(lines, Line.decides); i >= 0 {
		switch {
		case t.group() && !f.Groups:
			lines = []Line{t.skip(lines[i], "unsupported", note(f, "groups", "the target has no groups"))}
		case want.Ask != "":
			lines = []Line{t.doubted(lines[i])}
		}
	}
	lines = append(lines, t.refers(lines)...)
	for i := range lines {
		lines[i].Key = lines[i].digest()
	}
	return lines
}

// decides reports whether l acts, or would once a person has answered.
func (l Line) decides() bool { return l.acts() || l.Code == "ask" }

// doubted returns the question of want.Ask about l, with that of l itself if it is one.
func (t table) doubted(l Line) Line {
	why := t.want.Ask
	if l.acts() {
		l = t.skip(l, "ask", why)
	} else {
		l.Why = why + "; and " + l.Why
	}
	l.Doubt = append(l.Doubt, t.want.Doubt...)
	return l
}

// acts reports whether l does anything, be it only remembering.
func (l Line) acts() bool { return l.Verb != Skip }

// table holds the arguments of Object.
type table struct {
	want Desired
	have link.Link
	seen *connector.Remote
	can  connector.Features
}

func (t table) group() bool { return t.want.Kind == connector.Group }

// rows picks the block of the table.
func (t table) rows() []Line {
	switch {
	case t.want.Scope == In && t.linked():
		return t.keep()
	case t.want.Scope == In && t.seen != nil:
		return t.adopt()
	case t.want.Scope == In:
		return t.enter()
	case t.want.Scope == Out && t.linked():
		return t.leave()
	case t.closedByWord():
		return t.removal()
	}
	return nil
}

// closedByWord reports whether somebody states that the person is disabled. That needs no scope: a leaver is a leaver.
func (t table) closedByWord() bool {
	stated := t.want.Cause == directory.Stated || t.want.Cause == directory.Operator
	return t.want.Scope == Unknown && !t.group() && t.linked() && !t.want.Active && stated && t.now().Active
}

// Linked reports whether Object takes have for a link to an account that should still exist. If not, seen is to be the candidate. A link that is closed
// and remembers neither values nor an active account was closed by a delete.
func Linked(have link.Link) bool {
	switch have.State {
	case link.Lost:
		return false
	case link.Closing, link.Closed:
		return have.Remote != "" && (have.Active || len(have.Applied) > 0)
	}
	return have.Remote != ""
}

func (t table) linked() bool { return Linked(t.have) }

// now returns what is known of the account: its id, attributes, and whether it is active.
func (t table) now() connector.Remote {
	var now connector.Remote
	if t.linked() {
		now = connector.Remote{ID: t.have.Remote, Attrs: t.have.Applied, Active: t.have.Active}
	}
	if t.seen != nil {
		now = connector.Remote{ID: cmp.Or(now.ID, t.seen.ID), Attrs: t.seen.Attrs, Active: t.seen.Active}
	}
	now.Active = now.Active || t.group()
	return now
}

// enter is the block of objects that have no account and match none.
func (t table) enter() []Line {
	p := t.want.Policy
	twice := !t.want.Active && !t.can.CreateDisabled
	create := t.create(t.want.Active || twice)
	switch {
	case t.group() && !t.want.Active:
		return nil
	case !t.want.Active && !(p.ProvisionDisabled && p.Removing && p.Remove == Disable):
		return nil
	case !p.Create:
		return []Line{t.skip(create, "switched_off", "creating is switched off for this target")}
	case t.waits() != "":
		return []Line{t.skip(create, t.waits(), t.waiting())}
	case twice && !t.can.Disable:
		return []Line{t.skip(create, "unsupported", note(t.can, "disable", "the target can neither create disabled accounts nor disable them"))}
	case twice:
		return []Line{create, t.disableNew()}
	}
	return []Line{create}
}

// adopt is the block of objects that have no account but match one.
func (t table) adopt() []Line {
	now, remember := t.now(), t.line(Link, t.matched())
	switch {
	case t.group() && !t.want.Active:
		return nil
	case !now.Active && t.want.Active:
		l := t.skip(remember, "ask", t.matched()+", but it is disabled: is it the same person?")
		l.Doubt = []string{"disabled"}
		return []Line{l}
	case !now.Active:
		return []Line{remember}
	case !t.want.Active:
		return append([]Line{remember}, t.removal()...)
	}
	return append([]Line{remember}, t.update(Update)...)
}

// keep is the block of objects that are in scope and linked.
func (t table) keep() []Line {
	now := t.now()
	switch {
	case t.want.Active && now.Active:
		return t.update(Update)
	case t.want.Active && !t.can.Disable:
		return []Line{t.skip(t.line(Enable, ""), "unsupported", note(t.can, "disable", "the target cannot enable accounts"))}
	case t.want.Active:
		return t.update(Enable)
	case now.Active:
		return t.removal()
	}
	return nil
}

// leave is the block of objects that are linked and out of scope.
func (t table) leave() []Line {
	switch {
	case t.have.State == link.Closed && (t.group() || t.seen == nil || !t.seen.Active):
		return nil
	case t.now().Active || t.want.Policy.Remove == Delete:
		return t.removal()
	}
	return nil
}

// update returns the line that brings the account's attributes in step, and with Enable its state.
func (t table) update(verb Verb) []Line {
	fields := attr.Diff(t.now().Attrs, t.want.Attrs)
	l := t.line(verb, differ(verb, fields))
	l.Fields = fields
	switch {
	case t.waits() != "":
		return []Line{t.skip(l, t.waits(), t.waiting())}
	case verb == Update && len(fields) == 0:
		return nil
	case !t.want.Policy.Update:
		return []Line{t.skip(l, "switched_off", "updating is switched off for this target")}
	case t.renames(fields) && !t.can.RenameGroup:
		return []Line{t.rename(l)}
	}
	if t.overwrites(fields) {
		l.Class, l.Count = link.Overwrite, 1
	}
	return []Line{l}
}

// rename returns the question what becomes of a group whose new name the target cannot give it.
func (t table) rename(l Line) Line {
	l = t.skip(l, "ask", "the target cannot rename groups: replace it by a new group, which starts without the permissions of the old one and gets its members "+
		"before the old one is deleted, or keep the old name there")
	l.Answers, l.Size, l.Left = []string{link.Replace, link.Keep}, t.want.Size, t.want.Size
	return l
}

// renames reports whether fields give a group another name. Groups are matched by name.
func (t table) renames(fields []attr.Change) bool {
	return t.group() && slices.ContainsFunc(fields, func(c attr.Change) bool {
		return len(t.want.Match) == 0 || slices.Contains(t.want.Match, c.Path)
	})
}

// overwrites reports whether fields replace or clear a name that people sign in with or are written to.
func (t table) overwrites(fields []attr.Change) bool {
	return slices.ContainsFunc(fields, func(c attr.Change) bool {
		return c.Old.First() != "" && slices.Contains(t.want.Policy.Names, c.Path)
	})
}

// removal returns the line that takes the account or group away, as the rules choose.
func (t table) removal() []Line {
	p := t.want.Policy
	l, ok := t.remove()
	switch {
	case !ok:
		return nil
	case !p.Removing || p.Remove == Leave:
		return []Line{t.skip(l, "switched_off", "removing is switched off for this target")}
	case l.Verb == RemoveMembers:
		return nil // Members does it, edge by edge
	case l.Verb == DisableUser && (t.group() || !t.can.Disable):
		return []Line{t.skip(l, "unsupported", note(t.can, "disable", "the target cannot disable this"))}
	case l.Verb == DeleteRemote && !t.group() && !t.can.DeleteUser:
		return []Line{t.skip(l, "unsupported", note(t.can, "delete_user", "the target cannot delete accounts"))}
	}
	return []Line{l}
}

// remove returns the removal that the policy names, of Leave the one that it keeps from happening; false if there is none.
func (t table) remove() (Line, bool) {
	var l Line
	switch p := t.want.Policy.Remove; {
	case p == Disable, p == Leave && !t.group():
		l = t.line(DisableUser, departure(t.want))
	case p == Delete, p == Leave:
		l = t.line(DeleteRemote, departure(t.want))
	case p == Empty && t.group():
		return t.line(RemoveMembers, departure(t.want)), t.want.Size > 0
	default:
		return Line{}, false
	}
	l.Cause, l.Class, l.Count = t.want.Cause, classOf(t.want.Cause), 1
	if t.group() {
		l.Class, l.Size = link.GroupDelete, t.want.Size
	}
	return l, true
}
