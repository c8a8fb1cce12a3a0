package plan

import (
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// batch is how many members a line names where the target does not say how many it takes.
const batch = 100

// Members says what to do about the memberships of one group: removals first, then additions, in lines of at most Features.MemberBatch members (100 if
// that is 0), by directory id and then by remote id, whatever the order of open.
//
// Open are edges of the group; those whose Wanted equals Applied are passed over. Applied is how many edges are applied now. With merge, nobody is ever
// removed. A group out of scope is emptied if its removal is Empty, and else left alone: a delete takes its members with it. A group that is not linked
// gets members only if it can be created; for a group about to be linked, pass the link that is about to be.
//
// Every removal tells how many members the whole group has (Size) and how many it has left when all removals are done (Left). Additions do not count in
// Left: they may have to wait for accounts.
func Members(group Desired, have link.Link, open []link.Edge, applied int, merge bool, f connector.Features) []Line {
	t := table{want: group, have: have, can: f}
	if !f.Groups || group.Scope == Unknown {
		return nil
	}
	p := group.Policy
	in := group.Scope == In && group.Active && (t.linked() || p.Create && group.Ask == "" && t.waits() == "")
	emptied := !merge && p.Remove == Empty && p.Removing && t.linked() && have.State != link.Closed && group.Ask == ""
	switch {
	case in:
		e := sorted(open)
		return append(t.removals(e, applied, merge), t.additions(e)...)
	case emptied && (group.Scope == Out || !group.Active):
		return t.removals(sorted(open), applied, merge)
	}
	return nil
}

// edges are the members to add and to remove.
type edges struct {
	add, remove []directory.ID
	foreign     []connector.RemoteID
}

// sorted parts open edges and brings each part in order, without repetitions.
func sorted(open []link.Edge) edges {
	var out edges
	for _, e := range open {
		switch {
		case e.Wanted == e.Applied:
		case e.Applied && e.Member == "":
			out.foreign = append(out.foreign, e.Foreign)
		case e.Applied:
			out.remove = append(out.remove, e.Member)
		case e.Member != "":
			out.add = append(out.add, e.Member)
		}
	}
	out.add, out.remove, out.foreign = unique(out.add), unique(out.remove), unique(out.foreign)
	return out
}

func unique[T ~string](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}

// removals returns the lines that remove members, foreign ones last.
func (t table) removals(e edges, applied int, merge bool) []Line {
	if merge {
		return nil
	}
	var out []Line
	left := max(0, applied-len(e.remove)-len(e.foreign))
	for len(e.remove)+len(e.foreign) > 0 {
		l := t.line(RemoveMembers, "are not members of the group at the source")
		l.Remove, e.remove = cut(e.remove, t.batch())
		l.Foreign, e.foreign = cut(e.foreign, t.batch()-len(l.Remove))
		l.Class, l.Count = link.Unmember, len(l.Remove)+len(l.Foreign)
		l.Size, l.Left = applied, left
		l.Key = l.digest()
		out = append(out, l)
	}
	return out
}

// additions returns the lines that add members.
func (t table) additions(e edges) []Line {
	var out []Line
	for len(e.add) > 0 {
		l := t.line(AddMembers, "are members of the group at the source")
		l.Add, e.add = cut(e.add, t.batch())
		l.Key = l.digest()
		out = append(out, l)
	}
	return out
}

func (t table) batch() int {
	if t.can.MemberBatch > 0 {
		return t.can.MemberBatch
	}
	return batch
}

// cut takes the first n of s, and nil rather than none.
func cut[T any](s []T, n int) (head, rest []T) {
	if n = min(n, len(s)); n == 0 {
		return nil, s
	}
	return s[:n:n], s[n:]
}
