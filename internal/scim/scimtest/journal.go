package scimtest

import (
	"slices"
	"sync"
	"time"
)

// A Class is a group of endpoints.
type Class string

// The endpoint classes.
const (
	Users     Class = "users"
	Groups    Class = "groups"
	Discovery Class = "discovery"
	Other     Class = "other"
)

// A Write is one POST, PUT, PATCH or DELETE that was let in, in the order in which the writes took effect.
type Write struct {
	At     time.Time
	Method string
	Class  Class
	ID     string // of the object; "" if none was made
	Name   string // userName or displayName after the write, before a DELETE
	Status int    // as answered, or as it would have been if the reply had not been lost
	Body   string // as received
}

// journal remembers what the service was asked.
type journal struct {
	max int

	mu     sync.Mutex // guards all below
	total  int
	counts map[countKey]int
	writes []Write
}

type countKey struct {
	method string
	class  Class
}

func (j *journal) request(method string, class Class) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.counts == nil {
		j.counts = map[countKey]int{}
	}
	j.total++
	j.counts[countKey{method, class}]++
}

func (j *journal) write(w Write) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.max > 0 && len(j.writes) >= 2*j.max {
		j.writes = slices.Clone(j.writes[len(j.writes)-j.max:])
	}
	j.writes = append(j.writes, w)
}

// Requests returns how many requests have come in, refused ones included.
func (s *Server) Requests() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.total
}

// Count returns how many requests have come in by method at class; "" stands for any.
func (s *Server) Count(method string, class Class) int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	n := 0
	for k, c := range s.log.counts {
		if (method == "" || method == k.method) && (class == "" || class == k.class) {
			n += c
		}
	}
	return n
}

// Writes returns the writes so far, oldest first.
func (s *Server) Writes() []Write {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if n := len(s.log.writes); s.config.LogMax > 0 && n > s.config.LogMax {
		return slices.Clone(s.log.writes[n-s.config.LogMax:])
	}
	return slices.Clone(s.log.writes)
}
