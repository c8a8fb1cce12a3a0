package plan

import (
	"fmt"
	"maps"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// line returns a line about the object and its account.
func (t table) line(verb Verb, why string) Line {
	return Line{
		Target: t.want.Target, Object: t.want.Object, Kind: t.want.Kind, Name: t.want.Name,
		Verb: verb, Remote: t.now().ID, Why: why,
	}
}

// create returns the line that makes the account, active or not.
func (t table) create(active bool) Line {
	all := t.want.Once.Clone()
	if all == nil {
		all = attr.Set{}
	}
	maps.Copy(all, t.want.Attrs)
	l := t.line(Create, because("nothing there matches it yet", t.want.Reason))
	l.Remote = ""
	l.Fields, l.Active = attr.Diff(nil, all), active
	l.Class, l.Count = link.Creates, 1
	return l
}

// disableNew returns the line that disables the account that the create before it makes. It counts as part of that create, and is held with it: an
// account that nobody may use must not stay usable because a limit on leavers was reached.
func (t table) disableNew() Line {
	l := t.line(DisableUser, "the target cannot create disabled accounts, so it is disabled right after")
	l.Remote = ""
	l.Cause, l.Class = t.want.Cause, link.Creates
	return l
}

// skip returns the line that says why l is not done.
func (t table) skip(l Line, code, why string) Line {
	l.Verb, l.Of, l.Code, l.Why = Skip, l.Verb, code, why
	l.Class, l.Count = link.NoClass, 0
	return l
}

// classOf returns the class that a removal for cause counts in. Without a cause there is no evidence, as for a person who is missing.
func classOf(cause directory.Cause) link.Class {
	switch cause {
	case directory.Stated, directory.Operator:
		return link.Stated
	case directory.Left:
		return link.LeftScope
	}
	return link.Missing
}

// departure says why a removal is due.
func departure(want Desired) string {
	switch {
	case want.Cause == directory.Operator:
		return because("was deactivated by an operator", want.Reason)
	case want.Cause == directory.Stated:
		return because("is disabled, expired or deleted at the source", want.Reason)
	case want.Cause == directory.Left:
		return because("left the scope", want.Reason)
	case want.Cause == directory.Missing:
		return because("is missing at the source", want.Reason)
	}
	return because("should not be there", want.Reason)
}

func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

// matched says what made the candidate a candidate.
func (t table) matched() string {
	if len(t.want.Match) == 0 {
		return "matches one that is there already"
	}
	return "matches one that is there already, by " + paths(t.want.Match)
}

// waits returns the code of what is wrong with the values themselves, or "".
func (t table) waits() string {
	switch {
	case len(t.want.Missing) > 0:
		return "missing_value"
	case len(t.want.Invalid) > 0:
		return "invalid"
	}
	return ""
}

// waiting says what waits has found, and how to mend it.
func (t table) waiting() string {
	if len(t.want.Missing) > 0 {
		return "has no value for " + paths(t.want.Missing) + ", which the target requires: set it at the source, or give the rule a default"
	}
	text := make([]string, len(t.want.Invalid))
	for i, p := range t.want.Invalid {
		text[i] = string(p.Path) + " (" + p.Reason + ")"
	}
	return "has values that the target cannot hold: " + strings.Join(text, ", ") + "; change them at the source, or the rules that compute them"
}

// differ says what an update or enable changes.
func differ(verb Verb, fields []attr.Change) string {
	names := make([]attr.Path, len(fields))
	for i, c := range fields {
		names[i] = c.Path
	}
	switch {
	case verb == Enable && len(fields) == 0:
		return "is active again, and disabled there"
	case verb == Enable:
		return "is active again, and disabled there; there too differ: " + paths(names)
	}
	return "differs there in " + paths(names)
}

func paths(p []attr.Path) string {
	text := make([]string, len(p))
	for i, s := range p {
		text[i] = string(s)
	}
	return strings.Join(text, ", ")
}

// note returns why a feature is false, as the connector tells it.
func note(f connector.Features, field, otherwise string) string {
	if n := f.Notes[field]; n != "" {
		return fmt.Sprintf("%s: %s", otherwise, n)
	}
	return otherwise
}
