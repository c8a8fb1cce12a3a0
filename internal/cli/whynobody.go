package cli

import (
	"muster/internal/server/adminapi"
)

// explainNobody tells of entries and accounts that are nobody's.
func (s *shell) explainNobody(e adminapi.Explanation) {
	for _, x := range e.Entries {
		s.print("%s", clean(x.Says))
		s.record(x.Record)
	}
	for _, x := range e.Accounts {
		s.print("%s", clean(x.Says))
		for _, past := range x.Past {
			s.print("  %s", clean(past))
		}
		for _, p := range x.Attrs.Paths() {
			s.print("    %s = %s", p, text(x.Attrs[p]))
		}
		if !x.Seen.IsZero() {
			s.print("    listed so since %s", stamp(x.Seen))
		}
	}
}
