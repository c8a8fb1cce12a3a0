// Package inbound holds what provisioning clients keep at Muster: their resources as they stated them, under ids and versions of ours, and the questions that
// can be asked of them.
//
// It knows no HTTP and no JSON rules: package server/scimapi checks and answers, package scim knows the schemas, package ingest makes people of resources.
// Its Store is implemented by package store, in the transactions of package directory, and proved by inboundtest.
package inbound

import (
	"context"
	"time"

	"muster/internal/directory"
	"muster/internal/scim"
)

// A Resource is a user or group as one client stated it.
type Resource struct {
	N        int64 // set by the store
	Source   string
	Kind     directory.Kind
	ID       string       // made by us, never used again, unlike that of the person: two clients know one person by two ids
	Object   directory.ID // the person or group it is
	Handle   string       // userName, or a group's displayName: unique within source and kind, case aside
	External string       // externalId: unique within source and kind
	Name     string       // for people to read
	Doc      string       // JSON of what the client wrote, canonical
	Active   bool
	Version  int64 // 1, and one more with every change
	Created  time.Time
	Modified time.Time
}

// A Member is somebody or something in a group.
type Member struct {
	ID   string
	Kind directory.Kind
	Name string
}

// An Around says that something is directly in a group, and which resource of the client that group is, "" = none.
type Around struct {
	Member, Group directory.ID
	ID, Name      string
}

// A Reader reads resources. A resource that is not there is directory.ErrNotFound.
type Reader interface {
	Resource(ctx context.Context, source string, kind directory.Kind, id string) (Resource, error)
	// ByHandle returns the resource whose Handle is that, case aside.
	ByHandle(ctx context.Context, source string, kind directory.Kind, handle string) (Resource, error)
	// ByID returns those of ids that exist, whatever their kind.
	ByID(ctx context.Context, source string, ids []string) ([]Resource, error)
	// ByObject returns the resources of objects.
	ByObject(ctx context.Context, source string, objects []directory.ID) ([]Resource, error)
	// Around returns the groups that objects are in, directly or through other groups. Cycles end.
	Around(ctx context.Context, source string, objects []directory.ID) ([]Around, error)
	// Twins returns the resources that have a Handle, case aside, or an External that is not "".
	Twins(ctx context.Context, source string, kind directory.Kind, handle, external string) ([]Resource, error)
	// Members returns a page of who is in a group, in the order in which they became known; after is the last one of the page before, "" the beginning.
	Members(ctx context.Context, source string, group, after directory.ID, limit int) ([]Member, directory.ID, error)
	// Find returns a page of what a query finds, in its order, and Count how many there are.
	Find(ctx context.Context, q Query) ([]Resource, error)
	Count(ctx context.Context, q Query) (int, error)
}

// A Tx also writes. A taken Handle or External is directory.ErrConflict.
type Tx interface {
	Reader
	// Lock returns a resource that nobody else changes until the transaction ends.
	Lock(ctx context.Context, source string, kind directory.Kind, id string) (Resource, error)
	// Put inserts a resource whose N is 0 and replaces any other, with the values it is found by.
	Put(ctx context.Context, r Resource, values []scim.Value) error
	// Touch keeps the Version and Modified of a resource, and nothing else of it.
	Touch(ctx context.Context, r Resource) error
	Delete(ctx context.Context, r Resource) error
	// Attempt runs fn so that it leaves nothing behind if it fails, and the transaction may go on.
	Attempt(ctx context.Context, fn func() error) error
}

// In returns the contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ InboundTx() Tx }).InboundTx() }

// Of returns the reading half of the contract of r.
func Of(r directory.Reader) Reader {
	return r.(interface{ InboundReader() Reader }).InboundReader()
}
