package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

const planColumns = "id, target, kind, class, status, rules, created, decided, who, why, people, counts, verdicts, note, reason, whole, was, was_rules, follows"

func scanPlan(rows *sql.Rows, p *run.Plan) error {
	var created, decided int64
	var counts, verdicts string
	if err := rows.Scan(&p.ID, &p.Target, &p.Kind, &p.Class, &p.Status, &p.Rules, &created, &decided, &p.By, &p.Why, &p.People, &counts, &verdicts,
		&p.Note, &p.Reason, &p.Whole, &p.Was, &p.WasRules, &p.Follows); err != nil {
		return err
	}
	p.Created, p.Decided = moment(created), moment(decided)
	return errors.Join(decode(counts, &p.Counts), decode(verdicts, &p.Verdicts))
}

// Plan implements run.Reader.
func (r runReader) Plan(ctx context.Context, id string) (run.Plan, error) {
	p, err := one(ctx, r.session, scanPlan, "select "+planColumns+" from plan where id = $1", id)
	if err != nil {
		return p, fmt.Errorf("plan %s: %w", id, err)
	}
	return p, nil
}

// Plans implements run.Reader.
func (r runReader) Plans(ctx context.Context, target string, kind run.PlanKind, status run.Status, limit int) ([]run.Plan, error) {
	return r.FindPlans(ctx, run.PlanFilter{Target: target, Kind: kind, Status: status}, limit)
}

// FindPlans implements run.Reader.
func (r runReader) FindPlans(ctx context.Context, f run.PlanFilter, limit int) ([]run.Plan, error) {
	from, q := " from plan"+r.d.by("plan_by_time"), &query{args: []any{atMost(limit)}}
	if f.Target != "" {
		from = " from plan" + r.d.by("plan_by_target")
		q.and("target = ", f.Target, "")
	}
	for _, x := range []struct{ column, value string }{{"kind", string(f.Kind)}, {"status", string(f.Status)}} {
		if x.value != "" {
			q.and(x.column+" = ", x.value, "")
		}
	}
	if f.Before != "" {
		q.and("(created, id) < ((select created from plan where id = ", f.Before, "), "+q.arg(f.Before)+")")
	}
	return collect(ctx, r.session, scanPlan, "select "+planColumns+from+" where true"+q.text.String()+" order by created desc, id desc limit $1", q.args...)
}

// PutPlan implements run.Tx.
func (t runTx) PutPlan(ctx context.Context, p run.Plan) error {
	_, err := t.exec(ctx, "insert into plan ("+planColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (id) do update set target = excluded.target, kind = excluded.kind, class = excluded.class, status = excluded.status,
		rules = excluded.rules, created = excluded.created, decided = excluded.decided, who = excluded.who, why = excluded.why, people = excluded.people,
		counts = excluded.counts, verdicts = excluded.verdicts, note = excluded.note, reason = excluded.reason, whole = excluded.whole, was = excluded.was,
		was_rules = excluded.was_rules, follows = excluded.follows`,
		p.ID, p.Target, p.Kind, p.Class, p.Status, p.Rules, ms(p.Created), ms(p.Decided), p.By, p.Why, p.People, encode(p.Counts), encode(p.Verdicts), p.Note,
		p.Reason, p.Whole, p.Was, p.WasRules, p.Follows)
	return err
}

const lineColumns = "l.plan, l.seq, l.status, l.data, l.who, l.reason, l.answer, l.decided"

func scanLine(rows *sql.Rows, l *run.Line) error {
	var data string
	var decided int64
	if err := rows.Scan(&l.Plan, &l.Seq, &l.Status, &data, &l.By, &l.Reason, &l.Answer, &decided); err != nil {
		return err
	}
	l.Decided = moment(decided)
	return decode(data, &l.Line)
}

// Lines implements run.Reader.
func (r runReader) Lines(ctx context.Context, planID string, status run.Status, after, limit int) ([]run.Line, error) {
	return r.FindLines(ctx, planID, run.LineFilter{Status: status}, after, limit)
}

// scanStanding scans where a line stands, and not what it says: of a first plan, everybody's line is looked up.
func scanStanding(rows *sql.Rows, l *run.Line) error {
	var decided int64
	err := rows.Scan(&l.Plan, &l.Seq, &l.Status, &l.Key, &l.Target, &l.Object, &l.By, &l.Reason, &l.Answer, &decided)
	l.Decided = moment(decided)
	return err
}

// LinesByKey implements run.Reader.
func (r runReader) LinesByKey(ctx context.Context, target string, keys []string) ([]run.Line, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	lines, err := collect(ctx, r.session, scanStanding, `select l.plan, l.seq, l.status, l.key, l.target, l.object, l.who, l.reason, l.answer, l.decided
		from line l join plan p on p.id = l.plan
		where l.target = $1 and p.status <> 'superseded' and p.kind <> 'preview' and `+r.d.member("l.key", 2)+" order by p.created, p.id, l.seq", target, ids(r.session, keys))
	return last(lines, func(l run.Line) string { return l.Key }), err
}

// LinesOf implements run.Reader.
func (r runReader) LinesOf(ctx context.Context, target string, objects ...directory.ID) ([]run.Line, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanLine, "select "+lineColumns+` from line l join plan p on p.id = l.plan
		where l.target = $1 and p.status in ('waiting', 'approved') and p.kind <> 'preview' and `+r.d.member("l.object", 2)+" order by p.created, p.id, l.seq",
		target, ids(r.session, objects))
}

// AddLines implements run.Tx. The plan must have been put before.
func (t runTx) AddLines(ctx context.Context, planID string, lines ...plan.Line) error {
	p, err := one(ctx, t.session, scanPlan, "select "+planColumns+" from plan where id = $1"+t.d.forWrite, planID)
	if err != nil {
		return fmt.Errorf("add lines to plan %s: %w", planID, err)
	}
	lines, err = t.newLines(ctx, planID, lines)
	if err != nil {
		return err
	}
	seq, err := one(ctx, t.session, scanOne[int], "select coalesce(max(seq), -1) from line where plan = $1", planID)
	if err != nil {
		return err
	}
	no, err := t.refused(ctx, p, lines)
	if err != nil {
		return err
	}
	shared, err := t.share(ctx, p, lines)
	if err != nil {
		return err
	}
	var delta []run.Tally
	_, err = bulk(ctx, t.session, make(table, 17), "insert into line (plan, seq, status, key, target, object, data, act, remote, class, kind, cause, name, who, reason, decided, shared)", "", lines,
		func(l plan.Line, a []any) []any {
			seq++
			status, said := run.Waiting, no[l.Key]
			if said.Key != "" {
				status = run.Rejected
			}
			delta = append(delta, tallyOf(l, status))
			return append(a, planID, seq, string(status), l.Key, p.Target, string(l.Object), encode(l), run.Act(l), string(l.Remote), string(l.Class), string(l.Kind),
				string(l.Cause), fold(l.Name), said.By, said.Reason, ms(said.Decided), shared[l.Object])
		})
	if err != nil {
		return fmt.Errorf("add lines to plan %s: %w", planID, err)
	}
	return t.addTally(ctx, planID, delta...)
}

// refused returns those of lines that a person has rejected as they are, by key.
func (t runTx) refused(ctx context.Context, p run.Plan, lines []plan.Line) (map[string]run.Line, error) {
	out := map[string]run.Line{}
	any, err := t.Rejects(ctx, p.Target)
	if err != nil || !any {
		return out, err
	}
	keys := make([]string, len(lines))
	for i, l := range lines {
		keys[i] = l.Key
	}
	rejected, err := t.Rejections(ctx, p.Target, keys)
	for _, l := range rejected {
		out[l.Key] = l
	}
	return out, err
}

// newLines returns those of lines whose keys the plan does not have, each once.
func (t runTx) newLines(ctx context.Context, planID string, lines []plan.Line) ([]plan.Line, error) {
	keys := make([]string, len(lines))
	for i, l := range lines {
		keys[i] = l.Key
	}
	have, err := collect(ctx, t.session, scanOne[string], "select key from line where plan = $1 and "+t.d.member("key", 2), planID, ids(t.session, keys))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(have)+len(lines))
	for _, k := range have {
		seen[k] = true
	}
	var out []plan.Line
	for _, l := range lines {
		if !seen[l.Key] {
			seen[l.Key] = true
			out = append(out, l)
		}
	}
	return out, nil
}

// MarkLines implements run.Tx. With keys, too, only lines that have status from are marked; from "" means any status.
func (t runTx) MarkLines(ctx context.Context, planID string, from, to run.Status, keys ...string) (int, error) {
	if err := t.retally(ctx, planID, run.LineFilter{Status: from, Keys: keys}, to); err != nil {
		return 0, err
	}
	text, args := "update line set status = $2 where plan = $1 and status <> $2", []any{planID, to}
	if from != "" {
		args = append(args, from)
		text += " and status = " + dollar(len(args))
	}
	if len(keys) > 0 {
		args = append(args, ids(t.session, keys))
		text += " and " + t.d.member("key", len(args))
	}
	n, err := t.exec(ctx, text, args...)
	return int(n), err
}
