package plan

import (
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
)

// A Ref is an attribute of an account that holds the account of somebody else, such as their manager's.
type Ref struct {
	Path    attr.Path
	To      directory.ID       // whom it leads to; "" = nobody
	Name    string             // theirs, for people to read
	Account connector.RemoteID // theirs at the target, if it is open; "" = none
	// Pending says that they are to get one, or that it is not known whether they are: until then the attribute stays as it is.
	Pending bool
	Why     string // why there is no account, for people to read
}

// refers returns a line for each reference that is not what it should be, to come after lines. Each can be decided about by itself: like a membership, it
// waits for nobody and nobody waits for it.
//
//	account of whom it leads to   attribute there    line
//	---------------------------   ---------------    ----
//	open                          that               none
//	open                          else               refer
//	to come                       any                none; with Desired.Ahead refer
//	none, or it leads to nobody   empty              none
//	none, or it leads to nobody   else               refer, to nobody
func (t table) refers(lines []Line) []Line {
	made, ok := t.mayRefer(lines)
	if !ok {
		return nil
	}
	var out []Line
	for _, r := range t.want.Refs {
		now := t.now().Attrs.First(r.Path)
		if made {
			now = ""
		}
		if r.Pending && !t.want.Ahead || !r.Pending && now == string(r.Account) {
			continue
		}
		l := t.line(Refer, "refers to nobody who has an account there any more")
		l.Remote = ""
		change := attr.Change{Path: r.Path}
		if now != "" {
			change.Old = attr.Values{now}
		}
		switch {
		case r.Pending:
			l.Why = because("refers to somebody who gets an account there", r.Why)
		case r.Account != "":
			l.Why = "refers to somebody who has an account there"
		}
		if r.Pending || r.Account != "" {
			l.To, change.New = r.To, attr.Values{r.Name}
		}
		l.Fields = []attr.Change{change}
		out = append(out, l)
	}
	return out
}

// mayRefer reports whether references are kept now, and whether lines make the account.
func (t table) mayRefer(lines []Line) (made, ok bool) {
	if t.group() || len(t.want.Refs) == 0 || t.want.Scope != In || !t.want.Active || t.want.Ask != "" {
		return false, false
	}
	for _, l := range lines {
		switch l.Verb {
		case Skip, DisableUser, DeleteRemote:
			return false, false
		case Create:
			made = true
		}
	}
	there := t.linked() || t.seen != nil
	return made, made || there && t.want.Policy.Update && t.waits() == ""
}
