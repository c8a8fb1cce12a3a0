package inbound

import (
	"muster/internal/attr/filter"
	"muster/internal/directory"
)

// A Query asks for resources of one client and kind.
type Query struct {
	Source string
	Kind   directory.Kind
	Where  Cond // nil = all
	Sort   Sort
	Offset int
	Limit  int
	After  *Mark // instead of Offset: what comes behind it in the order of Sort
}

// A Sort is an order; by ID, if Path is "" and among equals. What has no value comes last, and first if Desc.
type Sort struct {
	Path string
	Desc bool
}

// A Mark is a place in an order: the last resource that was read.
type Mark struct {
	Key string // what Sort.Path has there, "" = nothing
	ID  string
}

// A Cond is a condition: And, Or, Not, Test, Has, Element, HasMember or InGroup. Names have been checked, and values brought into the form of scim.Attribute.Key.
type Cond interface{ cond() }

// And holds where all do.
type And []Cond

// Or holds where one does.
type Or []Cond

// Not holds where its Cond does not.
type Not struct{ Cond Cond }

// A Test holds where a value at Path compares with Key. Paths with columns of their own are "id", "handle", "externalId", "active", "meta.created" and
// "meta.lastModified".
type Test struct {
	Path string
	Op   filter.Op // not Present
	Key  string
}

// Has holds where one of Paths has a value.
type Has struct{ Paths []string }

// An Element holds where one element of a multi-valued attribute satisfies Where. Paths are those of all its sub-attributes.
type Element struct {
	Paths []string
	Where Cond
}

// HasMember holds for groups that one of Objects is directly in; none means any member.
type HasMember struct{ Objects []directory.ID }

// InGroup holds for those who are directly in one of Groups; none means any group.
type InGroup struct{ Groups []directory.ID }

func (And) cond()       {}
func (Or) cond()        {}
func (Not) cond()       {}
func (Test) cond()      {}
func (Has) cond()       {}
func (Element) cond()   {}
func (HasMember) cond() {}
func (InGroup) cond()   {}
