package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

const claimColumns = "target, kind, remote, object, what, who, reason, at_ms"

func scanClaim(rows *sql.Rows, c *link.Claim) error {
	var at int64
	err := rows.Scan(&c.Target, &c.Kind, &c.Remote, &c.Object, &c.Tie, &c.By, &c.Reason, &at)
	c.At = moment(at)
	return err
}

// Claims implements link.ClaimReader.
func (r linkReader) Claims(ctx context.Context, target string, kind connector.Kind, remotes []connector.RemoteID) ([]link.Claim, error) {
	if len(remotes) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanClaim, "select "+claimColumns+" from link_claim where target = $1 and kind = $2 and "+r.d.member("remote", 3)+
		" order by remote, object, what", target, kind, ids(r.session, remotes))
}

// ClaimsOf implements link.ClaimReader.
func (r linkReader) ClaimsOf(ctx context.Context, target string, objects []directory.ID) ([]link.Claim, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanClaim, "select "+claimColumns+" from link_claim where target = $1 and "+r.d.member("object", 2)+
		" order by remote, object, what", target, ids(r.session, objects))
}

// PutClaims implements link.ClaimTx.
func (t linkTx) PutClaims(ctx context.Context, claims ...link.Claim) error {
	claims = last(claims, func(c link.Claim) link.Claim {
		return link.Claim{Target: c.Target, Kind: c.Kind, Remote: c.Remote, Object: c.Object, Tie: c.Tie}
	})
	_, err := bulk(ctx, t.session, make(table, 8), "insert into link_claim ("+claimColumns+")",
		" on conflict (target, kind, remote, object, what) do update set who = excluded.who, reason = excluded.reason, at_ms = excluded.at_ms", claims,
		func(c link.Claim, a []any) []any {
			return append(a, c.Target, string(c.Kind), string(c.Remote), string(c.Object), string(c.Tie), c.By, c.Reason, ms(c.At))
		})
	if err != nil {
		return fmt.Errorf("put claims: %w", err)
	}
	return nil
}

// DropClaims implements link.ClaimTx.
func (t linkTx) DropClaims(ctx context.Context, target string, kind connector.Kind, remote connector.RemoteID, object directory.ID) error {
	_, err := t.exec(ctx, "delete from link_claim where target = $1 and kind = $2 and remote = $3 and object = $4 and what <> $5", target, kind, remote, object, link.Was)
	return err
}

// outlive remembers the accounts that links are about to lose.
func (t linkTx) outlive(ctx context.Context, links []link.Link) error {
	_, err := bulk(ctx, t.session, table{"text", "text", "text", "bigint"}, "with v (target, object, remote, at_ms) as (",
		`) insert into link_claim (`+claimColumns+`) select l.target, l.kind, l.remote, l.object, 'was', '', '', v.at_ms
		from v join link l on l.target = v.target and l.object = v.object where l.remote <> '' and l.remote <> v.remote
		on conflict (target, kind, remote, object, what) do update set at_ms = excluded.at_ms`, links,
		func(l link.Link, a []any) []any {
			return append(a, l.Target, string(l.Object), string(l.Remote), ms(spanOf(l, l.Since).From))
		})
	if err != nil {
		return fmt.Errorf("remember earlier accounts: %w", err)
	}
	return nil
}

// forgetful are the tables that remember a target, with the key of their rows within it.
var forgetful = []struct{ table, key string }{
	{"observed_key", "kind, path, value, id"},
	{"observed", "kind, id"},
	{"waiting", "object, member"},
	{"link_claim", "kind, remote, object, what"},
	{"link_rename", "object, remote"},
	{"drift", "object, field, member, other"},
	{"link", "object"},
	{"stray_link", "object"},
	{"target_cursor", "target"},
	{"limit_raise", "class"},
	{"stop_order", "object, account"},
}

const forgetAtOnce = 2000

// Forget implements link.ClaimTx.
func (t linkTx) Forget(ctx context.Context, target string) (bool, error) {
	edges := `delete from link_edge where (target, grp, member, other) in
		(select target, grp, member, other from link_edge where target = (select n from node where id = $1) limit $2)`
	texts := []string{edges, `delete from link_group where (target, grp) in
		(select target, grp from link_group where target = (select n from node where id = $1) limit $2)`}
	for _, f := range forgetful {
		texts = append(texts, "delete from "+f.table+" where target = $1 and ("+f.key+") in (select "+f.key+" from "+f.table+" where target = $1 limit $2)")
	}
	for _, text := range texts {
		n, err := t.exec(ctx, text, target, forgetAtOnce)
		if err != nil {
			return false, fmt.Errorf("forget %s: %w", target, err)
		}
		if n == forgetAtOnce {
			return true, nil
		}
	}
	for _, text := range []string{
		"delete from anchor where owner = 'target:' || $1",
		"delete from tally where about = 'link' and name = $1",
		"update plan set status = 'superseded' where target = $1 and status in ('waiting', 'approved')",
		"delete from target where name = $1",
	} {
		if _, err := t.exec(ctx, text, target); err != nil {
			return false, err
		}
	}
	return false, nil
}
