package ingest_test

import (
	"testing"
	"time"

	"muster/internal/mapping"
	"muster/internal/source"
)

// Since when an entry waits is told on every way in and out: a newcomer's name, a changed reason, a name of one who is bound, a rule that cannot be computed, and
// while others are settled with it.
func TestSinceWhenEntriesWait(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(...mapping.SourceRules) *world) {
		rules := plainRules("corp")
		rules.People["number"] = mapping.Rule{Expr: "record.number == '' ? '' : string(int(record.number))"}
		w := open(rules)
		c := w.sites["corp"]
		start := w.now
		c.set(c.person("bob"), "uid", "bob")
		ada, second := c.person("x1"), c.person("x2")
		c.set(ada, "uid", "ada")
		for i, step := range []struct {
			what string
			do   func()
			want map[source.Key]int // the step since which an entry waits; none = it does not
		}{
			{"a newcomer wants a name that is taken", func() { c.set(second, "uid", "Ada") }, map[source.Key]int{second: 0}},
			{"it says something else", func() { c.set(second, "title", "Clerk") }, map[source.Key]int{second: 0}},
			{"it waits for another name", func() { c.set(second, "uid", "bob") }, map[source.Key]int{second: 0}},
			{"it has a free name", func() { c.set(second, "uid", "eve") }, nil},
			{"it wants a name again, and is bound now", func() { c.set(second, "uid", "bob") }, map[source.Key]int{second: 4}},
			{"somebody wants the name of who waits", func() { c.set(ada, "uid", "eve") }, map[source.Key]int{second: 4, ada: 5}},
			{"both names are free", func() { c.set("p-bob", "uid", "rob") }, nil},
			{"a rule cannot be computed", func() { c.set(second, "number", "x") }, map[source.Key]int{second: 7}},
			{"it cannot still", func() { c.set(second, "title", "Chief") }, map[source.Key]int{second: 7}},
			{"it can", func() { c.set(second, "number", "7") }, nil},
			{"it cannot again", func() { c.set(second, "number", "y") }, map[source.Key]int{second: 10}},
		} {
			w.now = start.Add(time.Duration(i) * time.Hour)
			step.do()
			w.calm("corp")
			w.calm("corp") // who waited is tried again
			for _, key := range []source.Key{"p-bob", ada, second} {
				rec := w.record("corp", key)
				want, waits := step.want[key]
				if at := start.Add(time.Duration(want) * time.Hour); waits != (rec.Waiting != "") || waits && !rec.Waits.Equal(at) || !waits && !rec.Waits.IsZero() {
					t.Errorf("%s: %s waits since %s (%s), want %t since %s", step.what, key, rec.Waits, rec.Waiting, waits, at)
				}
			}
		}
	})
}
