package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/access"
	"muster/internal/directory"
)

// Invitation implements access.InviteReader.
func (r accessReader) Invitation(ctx context.Context, hash []byte) (access.Invitation, error) {
	i, err := one(ctx, r.session, func(rows *sql.Rows, i *access.Invitation) error {
		var created, expires int64
		err := rows.Scan(&i.Hash, &i.Person, &i.Epoch, &created, &expires, &i.By)
		i.Created, i.Expires = moment(created), moment(expires)
		return err
	}, "select hash, person, epoch, created, expires, who from invitation where hash = $1", hash)
	if err != nil {
		return i, fmt.Errorf("invitation: %w", err)
	}
	return i, nil
}

// PutInvitation implements access.InviteTx.
func (t accessTx) PutInvitation(ctx context.Context, i access.Invitation) error {
	_, err := t.exec(ctx, "insert into invitation (hash, person, epoch, created, expires, who) values ($1, $2, $3, $4, $5, $6)",
		i.Hash, i.Person, i.Epoch, ms(i.Created), ms(i.Expires), i.By)
	return err
}

// DropInvitations implements access.InviteTx.
func (t accessTx) DropInvitations(ctx context.Context, person directory.ID) (int, error) {
	n, err := t.exec(ctx, "delete from invitation where person = $1", person)
	return int(n), err
}
