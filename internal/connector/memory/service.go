package memory

import (
	"cmp"
	"context"
	"errors"
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

const longest = 1024 // bytes in a value

var errLost = errors.New("connection closed before the answer")

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

// The rest is what requests do. Callers hold mu. Statuses are those of HTTP.

func (s *Service) add(o connector.Remote) connector.Remote {
	s.next++
	o.ID = connector.RemoteID(string(o.Kind) + "-" + strconv.Itoa(s.next))
	s.objects[o.ID] = object{seq: s.next, Remote: clone(o), members: map[connector.RemoteID]bool{}}
	return o
}

func (s *Service) get(kind connector.Kind, id connector.RemoteID) (connector.Remote, int) {
	o, ok := s.objects[id]
	if !ok || o.Kind != kind {
		return connector.Remote{}, http.StatusNotFound
	}
	return clone(o.Remote), http.StatusOK
}

// page returns objects of kind after seq, and how many there are from there on.
func (s *Service) page(kind connector.Kind, after int) (page []object, rest int) {
	all := slices.DeleteFunc(slices.Collect(maps.Values(s.objects)), func(o object) bool { return o.Kind != kind || o.seq <= after })
	slices.SortFunc(all, func(a, b object) int { return cmp.Compare(a.seq, b.seq) })
	page = all[:min(PageSize, len(all))]
	if s.fault.ShortPage && len(page) > 0 {
		page = page[:len(page)-1]
	}
	return page, len(all)
}

// find compares as names are compared: without regard to the case of letters and to spaces around.
func (s *Service) find(kind connector.Kind, by attr.Path, value string) (found []connector.Remote) {
	value = strings.TrimSpace(value)
	for _, o := range s.objects {
		if o.Kind == kind && slices.ContainsFunc(o.Attrs[by], func(v string) bool { return strings.EqualFold(v, value) }) {
			found = append(found, clone(o.Remote))
		}
	}
	return found
}

func (s *Service) create(o connector.Remote) (connector.Remote, int) {
	o, status := s.valid(o)
	if status != http.StatusOK {
		return o, status
	}
	return s.add(o), http.StatusCreated
}

func (s *Service) replace(o connector.Remote) (connector.Remote, int) {
	o, status := s.valid(o)
	if status == http.StatusOK {
		old := s.objects[o.ID]
		old.Remote = clone(o)
		s.objects[o.ID] = old
	}
	return o, status
}

// valid returns o as it would be stored. It wants values that fit, and a name that no other object of the kind has.
func (s *Service) valid(o connector.Remote) (connector.Remote, int) {
	o = clone(o)
	for p, values := range o.Attrs {
		stored, ok := rewrite(o.Kind, p, values)
		if !ok {
			return o, http.StatusBadRequest
		}
		o.Attrs[p] = stored
	}
	name := o.Attrs.First(key(o.Kind))
	if name == "" {
		return o, http.StatusBadRequest
	}
	for _, other := range s.find(o.Kind, key(o.Kind), name) {
		if other.ID != o.ID {
			return o, http.StatusConflict
		}
	}
	return o, http.StatusOK
}

// rewrite returns values as the service stores them at p: trimmed, user names in lower case. It reports whether they fit.
func rewrite(kind connector.Kind, p attr.Path, values attr.Values) (attr.Values, bool) {
	out := make(attr.Values, len(values))
	for i, v := range values {
		out[i] = strings.TrimSpace(v)
		if kind == connector.User && p == "userName" {
			out[i] = strings.ToLower(out[i])
		}
	}
	return out, !slices.ContainsFunc(out, func(v string) bool { return len(v) > longest })
}

func (s *Service) remove(id connector.RemoteID) {
	delete(s.objects, id)
	for _, g := range s.objects {
		delete(g.members, id)
	}
}

func (s *Service) edges(group connector.RemoteID, add, remove []connector.RemoteID) (connector.Remote, int) {
	g, status := s.get(connector.Group, group)
	for _, id := range add {
		if _, ok := s.objects[id]; !ok && status == http.StatusOK {
			return g, http.StatusBadRequest
		}
	}
	if status != http.StatusOK {
		return g, status
	}
	for _, id := range add {
		s.objects[group].members[id] = true
	}
	for _, id := range remove {
		delete(s.objects[group].members, id)
	}
	return g, status
}

func (s *Service) memberships(group connector.RemoteID) ([]connector.RemoteID, int) {
	_, status := s.get(connector.Group, group)
	return slices.Collect(maps.Keys(s.objects[group].members)), status
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
