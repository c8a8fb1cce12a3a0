package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// A target that cannot rename groups has a person asked about each new name. The answer is kept by group, and stands while the name is the one that was
// asked about: with keep, the name at the target is what is wanted; with replace, the group is planned as if there were none, so that it is made under its
// new name, gets its members as any new group does, and is linked in place of the old one. What becomes of the old one then is in retire.go.

// loadRenames reads what was answered.
func (w *wave) loadRenames(ctx context.Context, r link.Reader) error {
	answers, err := r.Renames(ctx, w.t.Name)
	w.renames = map[directory.ID][]link.Rename{}
	for _, a := range answers {
		w.renames[a.Object] = append(w.renames[a.Object], a)
	}
	return err
}

// names returns the attributes by which a group is known at the target: a change of one is a new name.
func names(want plan.Desired) []attr.Path {
	if len(want.Match) > 0 {
		return want.Match
	}
	return want.Attrs.Paths()
}

// nameOf returns the name that a group should have.
func nameOf(want plan.Desired) string {
	var parts []string
	for _, p := range names(want) {
		parts = append(parts, want.Attrs.First(p))
	}
	return strings.Join(parts, ", ")
}

// answersFor finds what was answered about the groups that units have. A group that is to be replaced is planned as none.
func (w *wave) answersFor(groups []*unit) {
	if w.can.RenameGroup {
		return
	}
	for _, u := range groups {
		if !plan.Linked(u.have) || u.want.Scope != plan.In || !u.want.Active {
			continue
		}
		for _, a := range w.answersOf(u.object.ID) {
			switch {
			case a.Remote != u.have.Remote:
			case a.Name != nameOf(u.want) && !(a.Answer == link.Replace && u.repeats()):
				u.outdated = append(u.outdated, a)
			case a.Answer == link.Replace:
				old := u.have
				u.old, u.have = &old, link.Link{}
			default:
				u.keeps = true
			}
		}
	}
}

func (w *wave) answersOf(group directory.ID) []link.Rename {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.renames[group])
}

// keepNames wants of groups whose old name stays that they are called at the target as they are.
func keepNames(groups []*unit) {
	for _, u := range groups {
		if !u.keeps {
			continue
		}
		now := u.have.Applied
		if u.seen != nil {
			now = u.seen.Attrs
		}
		u.want.Attrs = u.want.Attrs.Clone()
		for _, p := range names(u.want) {
			u.want.Attrs[p] = now[p]
		}
	}
}

// released takes lines about a group that is replaced out of the limits: the answer was a person's.
func (u *unit) released() {
	if u.old == nil {
		return
	}
	for i := range u.lines {
		u.lines[i].Class, u.lines[i].Count = link.NoClass, 0
	}
}

// forgetNames drops answers about names that are no longer wanted: the next new name is asked about again.
func (w *wave) forgetNames(ctx context.Context, units []*unit) error {
	var gone []link.Rename
	for _, u := range units {
		gone = append(gone, u.outdated...)
	}
	if len(gone) == 0 || w.draft {
		return nil
	}
	if err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).DropRename(ctx, gone...) }); err != nil {
		return fmt.Errorf("forget answers about names: %w", err)
	}
	for _, a := range gone {
		w.dropAnswer(a)
	}
	return nil
}

func (w *wave) dropAnswer(a link.Rename) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renames[a.Object] = slices.DeleteFunc(w.renames[a.Object], func(b link.Rename) bool { return b.Remote == a.Remote })
}

// obey keeps the answers that approved lines of units bring, and plans these units anew.
func (w *wave) obey(ctx context.Context, units []*unit) error {
	said := map[directory.ID]*unit{}
	var answers []link.Rename
	for _, u := range units {
		if u.said == nil {
			continue
		}
		a := link.Rename{
			Target: w.t.Name, Object: u.object.ID, Remote: u.have.Remote, Answer: string(u.said.Answer), Name: nameOf(u.want), By: u.said.By, At: u.said.Decided,
		}
		answers, said[a.Object] = append(answers, a), u
	}
	if len(answers) == 0 {
		return nil
	}
	if err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutRename(ctx, answers...) }); err != nil {
		return fmt.Errorf("keep answers about names: %w", err)
	}
	var ids []directory.ID
	for _, a := range answers {
		w.dropAnswer(a)
		w.mu.Lock()
		w.renames[a.Object] = append(w.renames[a.Object], a)
		w.mu.Unlock()
		w.approve(said[a.Object].said.Key)
		ids = append(ids, a.Object)
	}
	fresh, err := w.prepare(ctx, ids)
	if err != nil {
		return err
	}
	var again []*unit
	for _, f := range fresh {
		u := said[f.object.ID]
		*u = *f
		again = append(again, u)
	}
	if err := w.note(ctx, again); err != nil {
		return err
	}
	return w.screen(ctx, again)
}

// answersGiven counts approved questions as carried out whose answer is kept: a crash may have come between the two.
func (w *wave) answersGiven(u *unit) {
	if u.old == nil && !u.keeps {
		return
	}
	for _, l := range w.parked[u.object.ID] {
		if l.Status == run.Approved && len(l.Answers) > 0 {
			w.approve(l.Key)
		}
	}
}

// leaveOld ends the memberships of the group that j has just replaced: those of the new one begin with none. It returns them.
func (w *wave) leaveOld(ctx context.Context, j *job) []link.Edge {
	if j.old == nil {
		return nil
	}
	old := *j.old
	j.old = nil
	return w.forgotten(ctx, old)
}

// checkAnswer refuses an approval of questions without an answer that they take.
func checkAnswer(ctx context.Context, r run.Reader, p run.Plan, d Decision) error {
	refuse := func(code, what, why, fix string) error {
		return &run.Problem{Code: code, What: what, Why: why, Now: "Nothing was changed.", Fix: fix}
	}
	taken := false
	f, err := d.selects(ctx, r, p, run.Approved)
	if err != nil {
		return err
	}
	if !d.some() {
		f.Acts = run.Lists(run.ListAsk)
	}
	for after := -1; ; {
		page, err := r.FindLines(ctx, p.ID, f, after, 1000)
		if err != nil {
			return err
		}
		for _, l := range page {
			after = l.Seq
			if len(l.Answers) == 0 {
				continue
			}
			choice := strings.Join(l.Answers, " or --answer ")
			switch {
			case d.Answer == "":
				return refuse("answer_needed", "the line about "+l.Name+" asks which of several things to do", l.Why, "Approve with --answer "+choice+", or approve only other lines with --line.")
			case !slices.Contains(l.Answers, string(d.Answer)):
				return refuse("answer_needed", fmt.Sprintf("%q is no answer to the question about %s", d.Answer, l.Name), l.Why, "Approve with --answer "+choice+", or approve only other lines with --line.")
			}
			taken = true
		}
		if len(page) < 1000 {
			break
		}
	}
	if d.Answer != "" && !taken {
		return refuse("answer_needed", fmt.Sprintf("no line takes the answer %q", d.Answer), "None of the lines asks which of several things to do.", "Approve without an answer.")
	}
	return nil
}
