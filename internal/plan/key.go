package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"muster/internal/attr"
)

// digest returns the key of l: over everything that decides what is done and to what, over nothing that is only said about it (Name, Why, Cause, Size,
// Left, Count, Answers), nor over which account somebody has to whom a line refers: that shows when the line is carried out. It is stable over releases: it is stored, and approvals hang on it.
func (l Line) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %q %t %q\n", l.Target, l.Object, l.Kind, l.Verb, l.Of, l.Code, l.Remote, l.Active, l.Class)
	for _, c := range l.Fields {
		if l.Verb == Refer {
			c.Old, c.New = nil, nil
		}
		fmt.Fprintf(h, "%q %q %q\n", c.Path, canonical(c.Old), canonical(c.New))
	}
	fmt.Fprintf(h, "%q\n%q\n%q\n", l.Add, l.Remove, l.Foreign)
	if l.To != "" {
		fmt.Fprintf(h, "to %q\n", l.To)
	}
	if len(l.Doubt) > 0 {
		fmt.Fprintf(h, "%q\n", l.Doubt)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// canonical returns v without empty and repeated values, sorted: attr.Values are equal in any order.
func canonical(v attr.Values) []string {
	out := slices.DeleteFunc(slices.Clone([]string(v)), func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}
