package run

import (
	"context"

	"muster/internal/directory"
)

// A Row is one of the things that a run counted: an entry of a source, or a membership.
type Row struct {
	Run    string
	What   string       // the name of the count that it is counted in
	Seq    int          // in the order in which they were counted, from 1 on; set by the Store
	Object directory.ID // the person or group, or the group of a membership; "" = nobody yet
	Member directory.ID // of a membership: who
	Key    string       // of an entry that is nobody yet
}

// A RowReader reads what runs counted. Not every count is kept by row, and of no run those of before that was done.
type RowReader interface {
	// Rows returns what a run counted under a name, by Seq; after is exclusive, 0 starts.
	Rows(ctx context.Context, run, what string, after, limit int) ([]Row, error)
	// CountRows returns how many rows there are of a run under a name.
	CountRows(ctx context.Context, run, what string) (int, error)
}

// A RowTx also keeps what runs count.
type RowTx interface {
	AddRows(ctx context.Context, rows ...Row) error
}
