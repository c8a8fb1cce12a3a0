// Package access says who may do what: people's rights, their roles, the tokens by which programs act for them, and the
// passwords, codes and sessions by which they sign in themselves.
//
// It does not authenticate protocols (the servers do, with what is here) and knows no HTTP. Its Store is implemented by package store.
package access

import (
	"context"
	"time"

	"muster/internal/directory"
)

// A Role is a set of rights under one name.
type Role string

// The roles, from most to least.
const (
	Owner    Role = "owner"
	Admin    Role = "admin"
	Operator Role = "operator"
	Helpdesk Role = "helpdesk"
	Auditor  Role = "auditor"
)

// Provisioner is the role of the user group whose people's tokens identity providers use: it has exactly the two rights that this takes.
const Provisioner Role = "provisioner"

// A Grant gives a person, or all direct members of a group, a role.
type Grant struct {
	Person directory.ID // or the group
	Role   Role
	By     string
	At     time.Time
}

// A Token lets a program act for a person. Only its SHA-256 is kept.
type Token struct {
	ID       string // public part, shown in lists
	Person   directory.ID
	Name     string // what it is for
	Hash     []byte
	Epoch    int64 // of the person when it was issued
	Created  time.Time
	Expires  time.Time
	LastUsed time.Time
	Revoked  bool
	Use      Use
}

// A Use says what a token is good for. The zero Use is the admin API.
type Use struct {
	Source  string // the source that an identity provider is: the token is for its SCIM requests and for nothing else; "" = the admin API
	Profile string // how the provider behaves, "" = as configured
}

// A Reader reads grants and tokens.
type Reader interface {
	Grants(ctx context.Context, person directory.ID) ([]Grant, error) // "" = everybody's
	// Roles returns the roles of a person: their own, and those of the groups that they are directly in.
	Roles(ctx context.Context, person directory.ID) ([]Role, error)
	Token(ctx context.Context, id string) (Token, error)
	Tokens(ctx context.Context, person directory.ID) ([]Token, error) // "" = everybody's
	SignInReader
	InviteReader
}

// A Tx also writes, in the directory.Tx that In was given.
type Tx interface {
	Reader
	PutGrant(ctx context.Context, g Grant) error
	DropGrant(ctx context.Context, person directory.ID, role Role) error
	PutToken(ctx context.Context, t Token) error // by ID
	SignInTx
	InviteTx
}

// In returns the access contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ AccessTx() Tx }).AccessTx() }

// Of returns the reading half of the access contract of r.
func Of(r directory.Reader) Reader {
	return r.(interface{ AccessReader() Reader }).AccessReader()
}
