package link

import (
	"context"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
)

// The answers to a new name where a target cannot rename groups.
const (
	Replace = "replace" // a new group takes the place of the old one
	Keep    = "keep"    // the old name stays until the source's name changes again
)

// A Rename is what a person answered about a group whose name changed where the target cannot rename it. There is one for each group at the target: of a
// group that is replaced it is kept until the old one is gone.
type Rename struct {
	Target string
	Object directory.ID
	Remote connector.RemoteID // the group with the old name
	Answer string             // Replace or Keep
	Name   string             // the new name that was asked about
	By     string
	At     time.Time
}

// A RenameReader reads answers about names.
type RenameReader interface {
	// Renames returns what was answered at a target, by object. There are few.
	Renames(ctx context.Context, target string) ([]Rename, error)
}

// A RenameTx writes them.
type RenameTx interface {
	// PutRename remembers answers, in place of what was answered about the same group before.
	PutRename(ctx context.Context, answers ...Rename) error
	// DropRename forgets the answers about the same groups.
	DropRename(ctx context.Context, answers ...Rename) error
}
