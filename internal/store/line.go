package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// FindLines implements run.LineReader.
func (r runReader) FindLines(ctx context.Context, planID string, f run.LineFilter, after, limit int) ([]run.Line, error) {
	if len(f.Acts) > 0 && !f.Whole && f.Name == "" {
		return r.findActs(ctx, planID, f, after, limit)
	}
	where, args := r.selects(f, []any{planID, after, atMost(limit)})
	if f.Name != "" && !f.Whole { // names are looked at in the index, not in the lines
		where, args = conditions(r.session, "s", f, []any{planID, after, atMost(limit)})
		where = " and l.seq in (select s.seq from line s" + r.d.by("line_by_order") + " where s.plan = $1 and s.seq > $2" + where + " order by s.seq limit $3)"
	}
	return collect(ctx, r.session, scanLine, "select "+lineColumns+" from line l"+r.byWhom(f)+" where l.plan = $1 and l.seq > $2"+where+" order by l.seq limit $3", args...)
}

// findActs finds lines by what they do: each act is read in order by the index, as far as the page goes, so that few among many are found without walking over
// the many.
func (r runReader) findActs(ctx context.Context, planID string, f run.LineFilter, after, limit int) ([]run.Line, error) {
	acts := f.Acts
	f.Acts = nil
	where, args := conditions(r.session, "l", f, []any{planID, after, atMost(limit)})
	var parts []string
	for _, act := range acts {
		args = append(args, act)
		parts = append(parts, "select * from (select l.* from line l"+r.d.by("line_by_act")+" where l.plan = $1 and l.act = "+dollar(len(args))+" and l.seq > $2"+where+
			" order by l.seq limit $3) a")
	}
	return collect(ctx, r.session, scanLine, "select "+lineColumns+" from ("+strings.Join(parts, " union all ")+") l order by l.seq limit $3", args...)
}

// TallyLines implements run.LineReader.
func (r runReader) TallyLines(ctx context.Context, planID string, f run.LineFilter) ([]run.Tally, error) {
	if byTally(f) {
		where, args := conditions(r.session, "l", f, []any{planID})
		return collect(ctx, r.session, scanTally, "select "+tallyColumns+", l.n from line_tally l where l.plan = $1 and l.n <> 0"+where+" order by 1, 2, 3, 4, 5", args...)
	}
	if f.Name != "" && f.Object == "" && len(f.Objects)+len(f.Keys) == 0 && !f.Whole {
		return r.countNames(ctx, planID, f, "")
	}
	where, args := r.selects(f, []any{planID})
	return r.countLines(ctx, r.byWhom(f), where, args)
}

// byWhom is the index by which lines of a few objects are read, if f names some: without it, all lines of the plan would be.
func (r runReader) byWhom(f run.LineFilter) string {
	if f.Object != "" || len(f.Objects) > 0 || f.Whole && len(f.Keys) > 0 {
		return r.d.by("line_by_object")
	}
	return ""
}

// fewSorts is how many sorts of lines are counted side by side: to sort lines into more takes longer than to count each by itself.
const fewSorts = 12

// countNames counts lines by name, in the index of names. What sorts of lines there are is known: each is counted, and nothing sorted.
func (r runReader) countNames(ctx context.Context, planID string, f run.LineFilter, more string) ([]run.Tally, error) {
	where, args := conditions(r.session, "l", f, []any{planID})
	by := r.d.by("line_by_order")
	f.Name = ""
	sorts, err := r.TallyLines(ctx, planID, f)
	if err != nil || len(sorts) > fewSorts {
		some, err2 := r.countLines(ctx, by, where+more, args)
		return some, errors.Join(err, err2)
	}
	if len(sorts) == 0 {
		return nil, nil
	}
	sums := make([]string, len(sorts))
	for i, t := range sorts {
		args = append(args, string(t.Kind), t.Act, t.Class, string(t.Cause), string(t.Status))
		n := len(args)
		sums[i] = fmt.Sprintf("count(case when l.kind = %s and l.act = %s and l.class = %s and l.cause = %s and l.status = %s then 1 end)", dollar(n-4), dollar(n-3), dollar(n-2), dollar(n-1), dollar(n))
	}
	if len(sums) == 1 { // they are all of one sort
		sums[0], args = "count(*)", args[:len(args)-5]
	}
	into := make([]any, len(sorts))
	for i := range sorts {
		into[i] = &sorts[i].Lines
	}
	_, err = collect(ctx, r.session, func(rows *sql.Rows, _ *struct{}) error { return rows.Scan(into...) },
		"select "+strings.Join(sums, ", ")+" from line l"+by+" where l.plan = $1"+where+more, args...)
	return slices.DeleteFunc(sorts, func(t run.Tally) bool { return t.Lines == 0 }), err
}

func (r runReader) countLines(ctx context.Context, by, where string, args []any) ([]run.Tally, error) {
	return collect(ctx, r.session, scanTally, "select "+tallyColumns+", count(*) from line l"+by+" where l.plan = $1"+where+" group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5", args...)
}

// Rejections implements run.LineReader.
func (r runReader) Rejections(ctx context.Context, target string, keys []string) ([]run.Line, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	lines, err := collect(ctx, r.session, func(rows *sql.Rows, l *run.Line) error {
		var decided int64
		err := rows.Scan(&l.Plan, &l.Seq, &l.Status, &l.Key, &l.Target, &l.Object, &l.By, &l.Reason, &decided)
		l.Decided = moment(decided)
		return err
	}, `select l.plan, l.seq, l.status, l.key, l.target, l.object, l.who, l.reason, l.decided from line l
		where l.target = $1 and l.status = 'rejected' and `+r.d.member("l.key", 2)+`
		and not exists (select 1 from line o where o.target = $1 and o.key = l.key and o.status <> 'rejected' and o.decided >= l.decided and o.decided > 0)
		order by l.decided, l.plan, l.seq`, target, ids(r.session, keys))
	return last(lines, func(l run.Line) string { return l.Key }), err
}

// RejectedOf implements run.LineReader.
func (r runReader) RejectedOf(ctx context.Context, target string, objects []directory.ID) ([]run.Line, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanLine, "select "+lineColumns+` from line l where l.target = $1 and l.status = 'rejected' and `+r.d.member("l.object", 2)+`
		and not exists (select 1 from line o where o.target = $1 and o.object = l.object and o.status <> 'rejected' and o.decided >= l.decided and o.decided > 0)
		order by l.decided, l.plan, l.seq`, target, ids(r.session, objects))
}

// Rejects implements run.LineReader.
func (r runReader) Rejects(ctx context.Context, target string) (bool, error) {
	some, err := collect(ctx, r.session, scanOne[int], "select 1 from line where target = $1 and status = 'rejected' limit 1", target)
	return len(some) > 0, err
}

// Decide implements run.LineTx.
func (t runTx) Decide(ctx context.Context, planID string, f run.LineFilter, v run.Verdict) (int, error) {
	if err := t.retally(ctx, planID, f, v.To); err != nil {
		return 0, err
	}
	where, args := t.selects(f, []any{planID, v.To, v.By, v.Reason, v.Answer, ms(v.At)})
	n, err := t.exec(ctx, "update line set status = $2, who = $3, reason = $4, answer = $5, decided = $6 where (plan, seq) in (select l.plan, l.seq from line l"+t.byWhom(f)+" where l.plan = $1"+where+")", args...)
	return int(n), err
}

const dropLines = 2000

// DropPlan implements run.LineTx.
func (t runTx) DropPlan(ctx context.Context, planID string) (bool, error) {
	n, err := t.exec(ctx, "delete from line where plan = $1 and seq in (select seq from line where plan = $1 order by seq limit $2)", planID, int64(dropLines))
	if err != nil || n == dropLines {
		return err == nil, err
	}
	_, err = t.exec(ctx, "delete from plan where id = $1", planID)
	return false, err
}

// selects is f as a condition on line l, of the plan that is $1.
func (r runReader) selects(f run.LineFilter, args []any) (string, []any) {
	return selects(r.session, f, args)
}

func selects(s *session, f run.LineFilter, args []any) (string, []any) {
	if !f.Whole {
		return conditions(s, "l", f, args)
	}
	inner, args := conditions(s, "s", f, args)
	where := " and " + ofTarget("l") + " and l.object in (select s.object from line s where s.plan = $1" + inner + ")"
	if f.Status != "" {
		args = append(args, f.Status)
		where += " and l.status = " + dollar(len(args))
	}
	return where, args
}

// ofTarget says that a line is one of the target of the plan that is $1.
func ofTarget(name string) string { return name + ".target = (select target from plan where id = $1)" }

// conditions is what f asks of the line that is called name.
func conditions(s *session, name string, f run.LineFilter, args []any) (string, []any) {
	var text strings.Builder
	for _, c := range []struct{ column, value string }{
		{"status", string(f.Status)}, {"class", f.Class}, {"cause", string(f.Cause)}, {"kind", string(f.Kind)}, {"object", string(f.Object)},
	} {
		if c.value != "" {
			args = append(args, c.value)
			text.WriteString(" and " + name + "." + c.column + " = " + dollar(len(args)))
		}
	}
	among := func(column string, list []string) {
		switch len(list) {
		case 0:
			return
		case 1: // much quicker than a list of one
			args = append(args, list[0])
			text.WriteString(" and " + name + "." + column + " = " + dollar(len(args)))
		default:
			args = append(args, s.d.bind(list))
			text.WriteString(" and " + s.d.member(name+"."+column, len(args)))
		}
	}
	among("act", texts(f.Acts))
	among("object", texts(f.Objects))
	among("key", texts(f.Keys))
	switch {
	case f.Name == "":
	case strings.ContainsAny(f.Name, "*?"):
		args = append(args, like(f.Name))
		text.WriteString(" and " + name + ".name like " + dollar(len(args)) + ` escape '\'`)
	default: // much quicker than a pattern
		args = append(args, fold(f.Name))
		text.WriteString(" and " + s.d.contains(name+".name", dollar(len(args))))
	}
	if f.Object != "" || len(f.Objects) > 0 { // by whom they are about, lines are found within a target
		text.WriteString(" and " + ofTarget(name))
	}
	return text.String(), args
}

// like is a pattern of people's, with * and ?, as SQL has it; without them it is part of the text.
func like(pattern string) string {
	p := fold(pattern)
	out := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "*", "%", "?", "_").Replace(p)
	if !strings.ContainsAny(p, "*?") {
		return "%" + out + "%"
	}
	return out
}

// Strays implements link.ClaimReader.
func (r linkReader) Strays(ctx context.Context, q link.StrayQuery, after connector.RemoteID, limit int) ([]link.Observed, error) {
	where, args := strayed(q, []any{q.Target, q.Kind, q.Plan, after, atMost(limit)})
	return collect(ctx, r.session, scanObserved, "select "+observedColumns+" from observed o where o.id > $4 and "+where+" order by o.id limit $5", args...)
}

// CountStrays implements link.ClaimReader.
func (r linkReader) CountStrays(ctx context.Context, q link.StrayQuery) (int, error) {
	where, args := strayed(q, []any{q.Target, q.Kind, q.Plan})
	return one(ctx, r.session, scanOne[int], "select count(*) from observed o where "+where, args...)
}

// strayed is the condition that nobody is known to have the observed account o; $1 is the target, $2 the kind, $3 the plan.
func strayed(q link.StrayQuery, args []any) (string, []any) {
	text := `o.target = $1 and o.kind = $2
		and not exists (select 1 from link l where l.target = $1 and l.kind = $2 and l.remote = o.id)
		and not exists (select 1 from line x where x.plan = $3 and x.remote = o.id and x.remote <> '' and x.kind = $2)`
	if q.Text != "" {
		args = append(args, like(q.Text))
		n := dollar(len(args))
		text += ` and (lower(o.id) like ` + n + ` escape '\' or exists (select 1 from observed_key k
			where k.target = $1 and k.kind = $2 and k.id = o.id and k.value like ` + n + ` escape '\'))`
	}
	return text, args
}
