package memory

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
)

// PageSize is how many objects one request lists.
const PageSize = 50

// A Fault is what a Service does wrong when told to. The zero Fault is none.
type Fault struct {
	Status     int           // answer every request with this HTTP status
	RetryAfter time.Duration // with Status 429, how long to stay away
	HTML       bool          // answer with a login page and status 200
	Cut        bool          // do as asked, then break off in the middle of the answer
	Lost       bool          // do as asked, then drop the connection
	Hang       bool          // never answer
	ShortPage  bool          // leave one object out of a page without saying so
}

// A Service is the pretend remote: what would be at the other end of the wire. Safe for concurrent use.
type Service struct {
	token string

	mu       sync.Mutex // guards all below
	objects  map[connector.RemoteID]object
	next     int
	requests int
	fault    Fault
}

type object struct {
	seq int
	connector.Remote
	members map[connector.RemoteID]bool
}

// A reply is what came over the wire: a status, and what spoils the body.
type reply struct {
	status int
	wait   time.Duration // Retry-After
	html   bool
	cut    bool
}

// NewService returns an empty service that lets in who knows token.
func NewService(token string) *Service {
	return &Service{token: token, objects: map[connector.RemoteID]object{}}
}

// Fail switches the service to f until the next call.
func (s *Service) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Requests returns how many requests have come in.
func (s *Service) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Seed puts objects in as if they had always been there, and returns their ids.
func (s *Service) Seed(objects ...connector.Remote) []connector.RemoteID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]connector.RemoteID, len(objects))
	for i, o := range objects {
		ids[i] = s.add(o).ID
	}
	return ids
}

// request is one exchange: fn acts on the objects under the lock and returns a status. A reply may be lost although fn took effect.
func (s *Service) request(ctx context.Context, token string, fn func() int) (reply, error) {
	s.mu.Lock()
	s.requests++
	f := s.fault
	if f.Hang {
		s.mu.Unlock()
		<-ctx.Done()
		return reply{}, ctx.Err()
	}
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return reply{}, ctx.Err()
	case token != s.token:
		return reply{status: http.StatusUnauthorized}, nil
	case f.Status != 0:
		return reply{status: f.Status, wait: f.RetryAfter}, nil
	case f.HTML:
		return reply{status: http.StatusOK, html: true}, nil
	}
	r := reply{status: fn(), cut: f.Cut}
	if f.Lost {
		return reply{}, errLost
	}
	return r, nil
}

// add stores o under a new id. The caller holds mu.
func (s *Service) add(o connector.Remote) connector.Remote {
	s.next++
	o.ID = connector.RemoteID(string(o.Kind) + "-" + strconv.Itoa(s.next))
	s.objects[o.ID] = object{seq: s.next, Remote: clone(o), members: map[connector.RemoteID]bool{}}
	return o
}

// taken reports whether another object of o's kind has o's name, in any case of letters. The caller holds mu.
func (s *Service) taken(o connector.Remote) bool {
	for _, other := range s.objects {
		if other.Kind == o.Kind && other.ID != o.ID && strings.EqualFold(other.Attrs.First(key(o.Kind)), o.Attrs.First(key(o.Kind))) {
			return true
		}
	}
	return false
}

// page returns objects of kind after seq, and how many there are from there on. The caller holds mu.
func (s *Service) page(kind connector.Kind, after int) (page []object, rest int) {
	all := slices.DeleteFunc(slices.Collect(maps.Values(s.objects)), func(o object) bool { return o.Kind != kind || o.seq <= after })
	slices.SortFunc(all, func(a, b object) int { return cmp.Compare(a.seq, b.seq) })
	page = all[:min(PageSize, len(all))]
	if s.fault.ShortPage && len(page) > 0 {
		page = page[:len(page)-1]
	}
	return page, len(all)
}

func clone(o connector.Remote) connector.Remote {
	o.Attrs = o.Attrs.Clone()
	return o
}

// key is the attribute by which people know an object of kind.
func key(kind connector.Kind) attr.Path {
	if kind == connector.Group {
		return "displayName"
	}
	return "userName"
}
