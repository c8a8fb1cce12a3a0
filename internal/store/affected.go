package store

import (
	"context"
	"database/sql"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// How many people and groups lines are about follows from the numbers that are kept, but for objects with several lines in the plan: these lines are marked as
// shared, and are looked at one by one.

// acting says of lines of an object whether one of them does something, or asks.
const acting = "max(case when l.act not between 'skip ' and 'skip~' or l.act = 'skip ask' then 1 else 0 end)"

// Affected implements run.LineReader.
func (r runReader) Affected(ctx context.Context, planID string, f run.LineFilter) (run.Affected, error) {
	if f.Object != "" || len(f.Objects)+len(f.Keys) > 0 {
		return r.affectedOf(ctx, planID, f)
	}
	alone, err := r.alone(ctx, planID, f)
	if err != nil {
		return run.Affected{}, err
	}
	out, err := r.affectedShared(ctx, planID, f)
	for _, t := range alone {
		out.Lines += t.Lines
		if acts(t.Act) {
			out.Objects += t.Lines
		}
	}
	return out, err
}

// acts reports of the act of a line what acting says.
func acts(act string) bool {
	return act < "skip " || act > "skip~" || act == "skip ask"
}

// alone counts the lines that a filter selects which are the only ones about their objects.
func (r runReader) alone(ctx context.Context, planID string, f run.LineFilter) ([]run.Tally, error) {
	f.Whole = false
	where, args := conditions(r.session, "l", f, []any{planID})
	if f.Name != "" {
		return r.countNames(ctx, planID, f, " and not l.shared")
	}
	all, err := r.TallyLines(ctx, planID, f)
	if err != nil {
		return nil, err
	}
	shared, err := r.countLines(ctx, r.d.by("line_shared"), where+" and l.shared", args)
	for _, t := range shared {
		t.Lines = -t.Lines
		all = append(all, t)
	}
	return all, err
}

func scanAffected(rows *sql.Rows, a *run.Affected) error { return rows.Scan(&a.Lines, &a.Objects) }

// objects adds up lines by object.
func objects(lines string) string {
	return "select cast(coalesce(sum(lines), 0) as bigint), cast(coalesce(sum(acts), 0) as bigint) from (select count(*) as lines, " + acting + " as acts " + lines + ") o"
}

// affectedShared is Affected for objects with several lines, which stand together in their index.
func (r runReader) affectedShared(ctx context.Context, planID string, f run.LineFilter) (run.Affected, error) {
	of, hit := "", f
	args := []any{planID}
	if hit.Whole = false; f.Whole { // the lines are those with the status, of objects of whose lines one is chosen
		hit.Status = ""
		of, args = conditions(r.session, "l", run.LineFilter{Status: f.Status}, args)
	}
	where, args := conditions(r.session, "l", hit, args)
	having := " having max(case when 1 = 1" + where + " then 1 else 0 end) = 1"
	if !f.Whole {
		of, having = where, ""
	}
	return one(ctx, r.session, scanAffected, objects("from line l"+r.d.by("line_shared")+" where l.plan = $1 and l.shared"+of+" group by l.object"+having), args...)
}

// affectedOf is Affected for lines or objects that are named.
func (r runReader) affectedOf(ctx context.Context, planID string, f run.LineFilter) (run.Affected, error) {
	where, args := r.selects(f, []any{planID})
	return one(ctx, r.session, scanAffected, objects("from line l"+r.byWhom(f)+" where l.plan = $1"+where+" group by l.object"), args...)
}

// share marks the lines of a plan whose objects get more, and returns the objects that have, or get, several lines.
func (t runTx) share(ctx context.Context, p run.Plan, lines []plan.Line) (map[directory.ID]bool, error) {
	shared := make(map[directory.ID]bool, len(lines))
	for _, l := range lines {
		_, again := shared[l.Object]
		shared[l.Object] = again
	}
	list := make([]directory.ID, 0, len(shared))
	for id := range shared {
		list = append(list, id)
	}
	type met struct {
		object directory.ID
		marked bool
	}
	by, of := " from line x"+t.d.by("line_by_object")+" where x.target = $2 and x.object = l.value and x.plan = $1", " from line x"+t.d.by("line_shared")+" where x.plan = $1 and x.object = l.value and x.shared"
	had, err := collect(ctx, t.session, func(rows *sql.Rows, m *met) error { return rows.Scan(&m.object, &m.marked) },
		"select l.value, exists (select 1"+of+") from "+t.d.list(3)+" where exists (select 1"+of+") or exists (select 1"+by+")", p.ID, p.Target, ids(t.session, list))
	if err != nil {
		return nil, err
	}
	var mark []directory.ID
	for _, m := range had {
		if shared[m.object] = true; !m.marked {
			mark = append(mark, m.object)
		}
	}
	if len(mark) == 0 {
		return shared, nil
	}
	in, arg := among(t.session, "object", 3, mark)
	_, err = t.exec(ctx, "update line"+t.d.by("line_by_object")+" set shared = true where plan = $1 and target = $2 and not shared and "+in, p.ID, p.Target, arg)
	return shared, err
}
