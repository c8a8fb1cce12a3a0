package connectortest

import (
	"errors"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
)

var groups = level{
	name:  "L5 groups",
	story: "Memberships are edges, told one by one or by the hundred. Nothing lists a group to change one edge, and telling an edge twice harms nobody.",
	checks: []check{
		{
			name: "create, get, list, delete",
			rule: "a group is an object like a user: Apply, Get and List tell the same, without its members; deleting it twice succeeds and leaves the people.",
			need: needGroups,
			run:  groupLife,
		}, {
			name: "repeated create",
			rule: "a repeated Create of a group looks up first; one that meets a taken name is ErrExists.",
			need: needGroups,
			run:  groupTwice,
		}, {
			name: "add and remove",
			rule: "Member adds op.Add and removes op.Remove and nothing else; re-adding a member and removing the absent succeed.",
			need: needMembers,
			run:  addAndRemove,
		}, {
			name: "rename",
			rule: "a renamed group keeps its ID and its members.",
			need: needRenameGroup,
			run:  renameGroup,
		}, {
			name: "many members",
			rule: "a group takes a thousand members in Ops of Features.MemberBatch, and Members yields each exactly once.",
			need: needMembers,
			run:  manyMembers,
		}, {
			name: "unknown member",
			rule: "adding somebody whom the service does not know is ErrInvalid or passes; never ErrNotFound, which would mean that the group is gone.",
			need: needGroups,
			run:  unknownMember,
		}, {
			name: "group gone",
			rule: "members of a group that is gone are ErrNotFound, to read and to change.",
			need: needGroups,
			run:  groupGone,
		}, {
			name: "yield error",
			rule: "an error from yield stops Members and is returned as is.",
			need: needMembers,
			run: func(k *kit) {
				g := k.group("crew")
				k.apply(members(g, []connector.RemoteID{k.user("anna").ID, k.user("bea").ID}, nil))
				stop, n := errors.New("enough"), 0
				err := k.c.(connector.Members).Members(k.ctx, g.ID, func(connector.RemoteID) error { n++; return stop })
				if err != stop || n != 1 { //nolint:errorlint // as is means as is
					k.failf("Members yielded %d members and returned %v, want 1 and the error of yield itself", n, err)
				}
			},
		},
	},
}

func members(g connector.Remote, add, remove []connector.RemoteID) connector.Op {
	return connector.Op{Key: "members of " + string(g.ID), Verb: connector.Member, Kind: connector.Group, ID: g.ID, Add: add, Remove: remove}
}

// in returns the members of g, sorted, and wants each once.
func (k *kit) in(g connector.Remote) []connector.RemoteID {
	k.Helper()
	ids := []connector.RemoteID{}
	err := k.c.(connector.Members).Members(k.ctx, g.ID, func(id connector.RemoteID) error {
		ids = append(ids, id)
		return nil
	})
	k.ok(err, "Members of "+string(g.ID))
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
		k.failf("Members yields %d ids, of which %d differ", len(ids), n)
	}
	return ids
}

func (k *kit) members(g connector.Remote, after string, want ...connector.RemoteID) {
	k.Helper()
	slices.Sort(want)
	if got := k.in(g); !slices.Equal(got, want) {
		k.failf("after %s the group has members %q, want %q", after, got, want)
	}
}

func groupLife(k *kit) {
	op := k.groupOp(k.name("Crew & Söhne"))
	g := k.create(op)
	person := k.user("anna")
	k.apply(members(g, []connector.RemoteID{person.ID}, nil))
	listed, ok := k.list(connector.Group)[g.ID]
	if !ok {
		k.failf("List does not yield the group %s, which was just created", g.ID)
	}
	for what, r := range map[string]connector.Remote{"Apply": g, "Get": k.get(g), "List": listed} {
		k.holds(r, op.Want, "the group that "+what+" returned")
		if !r.Active || r.Kind != connector.Group {
			k.failf("%s returned kind %q, active %t; a group is always active", what, r.Kind, r.Active)
		}
		if _, ok := r.Attrs["members"]; ok {
			k.failf("%s returned the group with its members; there may be 250,000", what)
		}
	}
	for _, round := range []string{"first", "second"} {
		if d := k.apply(on(g, connector.Delete)); d.ID != "" {
			k.failf("the %s Delete returned ID %q, want none", round, d.ID)
		}
	}
	_, err := k.c.Get(k.ctx, connector.Group, g.ID)
	k.is(err, connector.ErrNotFound, "Get of the deleted group")
	k.get(person)
}

func groupTwice(k *kit) {
	op := k.groupOp(k.name("Crew"))
	first := k.create(op)
	_, err := k.c.Apply(k.ctx, op)
	k.is(err, connector.ErrExists, "a second Create of the same group name")
	op.Repeat = true
	if again := k.create(op); again.ID != first.ID {
		k.failf("the repeated Create returned %s, want %s, the group that was there", again.ID, first.ID)
	}
	if n := k.count(connector.Group, k.s.Words.Group, op.Want.First(k.s.Words.Group)); n != 1 {
		k.failf("after the repeated Create there are %d groups of that name, want 1", n)
	}
}

func addAndRemove(k *kit) {
	g := k.group("Crew")
	anna, bea, cleo := k.user("anna").ID, k.user("bea").ID, k.user("cleo").ID
	ids := func(id ...connector.RemoteID) []connector.RemoteID { return id }
	k.members(g, "its creation")
	if r := k.apply(members(g, ids(anna, bea), nil)); r.ID != g.ID || r.Kind != connector.Group {
		k.failf("a Member op returned ID %q, kind %q; want the group, %q", r.ID, r.Kind, g.ID)
	}
	k.members(g, "adding two", anna, bea)
	k.apply(members(g, ids(bea), nil))
	k.members(g, "adding one of them again", anna, bea)
	k.apply(members(g, ids(cleo), ids(anna)))
	k.members(g, "adding a third and removing the first", bea, cleo)
	k.apply(members(g, nil, ids(anna)))
	k.members(g, "removing the first again", bea, cleo)
	k.apply(members(g, nil, ids(bea, cleo)))
	k.members(g, "removing the last two")
}

func renameGroup(k *kit) {
	g := k.group("Crew")
	anna := k.user("anna").ID
	k.apply(members(g, []connector.RemoteID{anna}, nil))
	now := k.name("New Crew")
	if r := k.apply(update(g, k.s.Words.Group, now)); r.ID != g.ID {
		k.failf("the rename returned ID %s, want %s as before", r.ID, g.ID)
	}
	k.holds(k.get(g), attr.Set{k.s.Words.Group: {now}}, "the renamed group")
	if k.features().MembersReadable {
		k.members(g, "the rename", anna)
	}
}

func manyMembers(k *kit) {
	g := k.group("Everybody")
	ids := k.seed(connector.User, k.s.Big)
	batch := k.features().MemberBatch
	if batch == 0 {
		batch = len(ids)
	}
	for part := range slices.Chunk(ids, batch) {
		k.apply(members(g, part, nil))
	}
	want := slices.Sorted(slices.Values(ids))
	if got := k.in(g); !slices.Equal(got, want) {
		k.failf("after adding %d members the group has %d", len(want), len(got))
	}
	half := ids[:len(ids)/2]
	for part := range slices.Chunk(half, batch) {
		k.apply(members(g, nil, part))
	}
	if got := k.in(g); len(got) != len(ids)-len(half) {
		k.failf("after removing %d of %d members the group has %d", len(half), len(ids), len(got))
	}
}

func unknownMember(k *kit) {
	g := k.group("Crew")
	nobody := connector.RemoteID("00000000-0000-4000-8000-000000000000")
	_, err := k.c.Apply(k.ctx, members(g, []connector.RemoteID{nobody}, nil))
	if err != nil {
		k.is(err, connector.ErrInvalid, "adding a member whom the service does not know")
	}
	_, err = k.c.Apply(k.ctx, members(g, nil, []connector.RemoteID{nobody}))
	k.ok(err, "removing a member whom the service does not know")
}

func groupGone(k *kit) {
	g, anna := k.group("Crew"), k.user("anna").ID
	k.apply(on(g, connector.Delete))
	_, err := k.c.Apply(k.ctx, members(g, []connector.RemoteID{anna}, nil))
	k.is(err, connector.ErrNotFound, "adding a member to a group that is gone")
	if m, ok := k.c.(connector.Members); ok {
		err = m.Members(k.ctx, g.ID, func(connector.RemoteID) error { return nil })
		k.is(err, connector.ErrNotFound, "Members of a group that is gone")
	}
}

// seed puts n objects of kind into the service and returns their ids.
func (k *kit) seed(kind connector.Kind, n int) []connector.RemoteID {
	k.Helper()
	ids := make([]connector.RemoteID, 0, n)
	remotes := make([]connector.Remote, n)
	for i := range remotes {
		op := k.userOp(k.name(fmt.Sprintf("seed%05d", i)))
		if kind == connector.Group {
			op = k.groupOp(k.name(fmt.Sprintf("Seed %05d", i)))
		}
		remotes[i] = connector.Remote{Kind: kind, Attrs: op.Want, Active: true}
		if k.s.Seed == nil {
			ids = append(ids, k.create(op).ID)
		}
	}
	if k.s.Seed != nil && n > 0 {
		ids = k.s.Seed(remotes...)
	}
	if len(ids) != n {
		k.failf("Sandbox.Seed returned %d ids for %d objects", len(ids), n)
	}
	return ids
}
