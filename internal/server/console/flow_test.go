package console_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// wide is a company with many sources and targets.
type wide struct{ adminapi.Service }

func (wide) Status(context.Context) (adminapi.Status, error) {
	s := adminapi.Status{People: map[string]int{"active": 70_000}}
	for i := range 3 {
		s.Sources = append(s.Sources, adminapi.SourceStatus{Name: fmt.Sprintf("s%d", i), Type: "ldap", People: 90_000 * i})
	}
	for i := range 28 {
		s.Targets = append(s.Targets, adminapi.TargetStatus{Name: fmt.Sprintf("t%d", i), Type: "scim", Mode: "live", State: "in step", Users: 2_500 * i})
	}
	return s, nil
}

var (
	intoMuster  = regexp.MustCompile(`d="M205 [^"]* 335 ([\d.]+)V([\d.]+)C`)
	outOfMuster = regexp.MustCompile(`d="M465 ([\d.]+)C[^"]* ([\d.]+)Z"`)
)

// Streams of people meet Muster beside each other, and none of them beside the box.
func TestFlow(t *testing.T) {
	h := adminapitest.New(t, nil)
	for name, svc := range map[string]adminapi.Service{"canned": h.Service, "many": wide{h.Service}} {
		g := enter(t, h, svc, access.Owner)
		page := g.get("").body
		for _, side := range []*regexp.Regexp{intoMuster, outOfMuster} {
			found := side.FindAllStringSubmatch(page, -1)
			if len(found) < 2 {
				t.Fatalf("%s: only %d bands", name, len(found))
			}
			first, end := 0.0, 0.0
			for i, m := range found {
				from, _ := strconv.ParseFloat(m[1], 64)
				to, _ := strconv.ParseFloat(m[2], 64)
				if i == 0 {
					first = from
				} else if from < end-0.5 || to <= from {
					t.Errorf("%s: the band from %v to %v lies over the one that ends at %v", name, from, to, end)
				}
				end = to
			}
			if end-first > 64 {
				t.Errorf("%s: bands of %v meet a box of 64", name, end-first)
			}
		}
	}
}
