package scimtest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"muster/internal/scim"
)

// A Fault is something that the service does wrong.
type Fault struct {
	Kind   Kind
	Method string        // only for this HTTP method; "" = all
	Class  Class         // only at this endpoint; "" = all
	Chance float64       // probability per request, drawn from Config.Seed; 0 = always
	Times  int           // how often it happens at most; 0 = until the next call of Fail
	Wait   time.Duration // Throttle: Retry-After, none if 0; Latency: how long
}

// A Kind names a fault.
type Kind string

// The kinds of fault.
const (
	Throttle      Kind = "429"
	ServerError   Kind = "500"
	Slow          Kind = "no answer until the client leaves"
	Latency       Kind = "answers later"
	Lost          Kind = "reply lost after the write took effect"
	Cut           Kind = "body cut after the write took effect"
	ShortPage     Kind = "lists leave the last one of a page out, with 200 and the full total"
	HTML          Kind = "200 and HTML instead of JSON"
	Unauthorized  Kind = "401"
	NotFound      Kind = "404 with a SCIM body for everything"
	Missing       Kind = "404 with a web server's page for everything"
	IgnoreDisable Kind = "active:false is ignored with 200"
	IgnoreRemove  Kind = "removal of members is ignored with 204"
	IgnoreFilter  Kind = "lists ignore the filter"
	Unseen        Kind = "409 to creates, though no filter finds who has the name"
	NoSeats       Kind = "no licences are left: 403 to users that are created or made active"
)

// Fail makes the service do all of faults wrong from now on, and nothing else; without faults it heals.
func (s *Server) Fail(faults ...Fault) { s.faults.set(faults) }

// dice decide which faults strike a request.
type dice struct {
	mu     sync.Mutex // guards all below
	random *rand.Rand
	faults []Fault
	struck []int
}

func (d *dice) seed(n uint64) { d.random = rand.New(rand.NewPCG(n, n)) }

func (d *dice) set(faults []Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.struck = faults, make([]int, len(faults))
}

// roll returns the faults that strike this request.
func (d *dice) roll(method string, class Class) strikes {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out strikes
	for i, f := range d.faults {
		switch {
		case f.Method != "" && f.Method != method, f.Class != "" && f.Class != class:
		case f.Times > 0 && d.struck[i] >= f.Times:
		case f.Chance > 0 && d.random.Float64() >= f.Chance:
		default:
			d.struck[i]++
			out = append(out, f)
		}
	}
	return out
}

type strikes []Fault

// seats refuses a user who becomes active while no licences are left. How each vendor says so is unverified.
func (c *call) seats(was, is bool) error {
	if c.table.kind == "User" && c.strikes.has(NoSeats) && is && !was {
		return &scim.Error{Status: http.StatusForbidden, Detail: "no licences are left"}
	}
	return nil
}

func (s strikes) has(k Kind) bool {
	_, ok := s.find(k)
	return ok
}

func (s strikes) find(k Kind) (Fault, bool) {
	for _, f := range s {
		if f.Kind == k {
			return f, true
		}
	}
	return Fault{}, false
}
