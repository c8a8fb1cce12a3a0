package ldap

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// A valueRange is one piece of an attribute that Active Directory cuts: "member;range=0-1499", the last one "member;range=1500-*"
// ([MS-ADTS] §3.1.1.3.1.3.3).
type valueRange struct {
	attribute  string // lower case
	start, end int
	last       bool
}

// fits reports whether a range can hold n values. A range that begins behind the last value never comes empty on a healthy server.
func (v valueRange) fits(n int) bool { return n > 0 && (v.last || n == v.end-v.start+1) }

// parseRange splits an attribute description. The range is nil if there is none; one that cannot be read never counts as the last.
func parseRange(description string) (string, *valueRange) {
	name, options, _ := strings.Cut(strings.ToLower(description), ";")
	for option := range strings.SplitSeq(options, ";") {
		spec, ok := strings.CutPrefix(option, "range=")
		if !ok {
			continue
		}
		v := &valueRange{attribute: name, start: -1, end: -1}
		from, to, _ := strings.Cut(spec, "-")
		start, err := strconv.Atoi(from)
		if err != nil || start < 0 {
			return name, v
		}
		if to == "*" {
			v.start, v.last = start, true
			return name, v
		}
		if end, err := strconv.Atoi(to); err == nil && end >= start {
			v.start, v.end = start, end
		}
		return name, v
	}
	return name, nil
}

// readRanges fetches the rest of every attribute that came cut, handing memberships over as they come. A range that does not follow on the one before is
// a fault; a group that changed meanwhile is only not whole, since its ranges may not fit together.
func (r *reader) readRanges(ctx context.Context, g *gathering) error {
	for _, cut := range g.ranges {
		for next := cut.end + 1; ; {
			v, err := r.readRange(ctx, g, cut.attribute, next)
			if err != nil {
				return err
			}
			if err := r.deliverPart(g); err != nil {
				return err
			}
			if v.last {
				break
			}
			next = v.end + 1
		}
	}
	g.ranges = nil
	return nil
}

// readRange asks for the values from start on.
func (r *reader) readRange(ctx context.Context, g *gathering, attribute string, start int) (*valueRange, error) {
	asked := fmt.Sprintf("%s;range=%d-*", attribute, start)
	fault := func(what string, err error) error {
		return r.s.fault("range", fmt.Sprintf("the members of %q from %d on %s", g.name, start, what),
			"read again; if it stays so, look at the server's log for this moment", err)
	}
	e, err := r.s.read(ctx, g.name, "(objectClass=*)", []string{asked, "uSNChanged"})
	if err != nil {
		return nil, fault("could not be read", err)
	}
	if e == nil {
		return nil, fault("are gone with the group, or hidden", nil)
	}
	if usn := e.GetEqualFoldAttributeValue("uSNChanged"); usn != g.usn {
		g.whole = false
	}
	a, v := rangeOf(e, attribute)
	if v == nil || v.start != start || !v.fits(len(a.Values)) {
		return nil, fault("came in a range that does not follow on the one before", nil)
	}
	r.resolve(g, attribute, a.Values)
	return v, nil
}

func rangeOf(e *ldapv3.Entry, attribute string) (*ldapv3.EntryAttribute, *valueRange) {
	for _, a := range e.Attributes {
		if name, v := parseRange(a.Name); name == attribute && v != nil {
			return a, v
		}
	}
	return nil, nil
}
