package scim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// fewKeys is how many keys of an object are compared one by one.
const fewKeys = 24

// A shaper goes over the text of JSON and knows in which object or list it is. It does not know whether the text is JSON.
type shaper struct {
	open  []nesting
	names []string // keys of the open objects, in lower case
}

// A nesting is one object or list that is open.
type nesting struct {
	object bool
	key    bool            // a key comes next
	from   int             // where its names begin
	many   map[string]bool // its names, if they are many
}

// shape refuses text that is nested without end, or in which a key stands twice in one object.
func shape(data []byte) error {
	var s shaper
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '"':
			end := quoteEnd(data, i+1)
			if end < 0 {
				return nil // no JSON: somebody else says so
			}
			if err := s.text(data[i : end+1]); err != nil {
				return err
			}
			i = end
		case '{', '[':
			if len(s.open) >= maxDepth {
				return Errorf(InvalidSyntax, "the body is nested more than %d levels deep", maxDepth)
			}
			s.open = append(s.open, nesting{object: c == '{', key: c == '{', from: len(s.names)})
		case '}', ']':
			if len(s.open) == 0 {
				return nil
			}
			s.names = s.names[:s.open[len(s.open)-1].from]
			s.open = s.open[:len(s.open)-1]
		case ',':
			if n := len(s.open); n > 0 {
				s.open[n-1].key = s.open[n-1].object
			}
		}
	}
	return nil
}

// quoteEnd returns where the quote is that ends a text, or -1.
func quoteEnd(data []byte, from int) int {
	for i := from; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// text takes a text in quotes, which may be a key.
func (s *shaper) text(quoted []byte) error {
	if len(s.open) == 0 || !s.open[len(s.open)-1].key {
		return nil
	}
	at := &s.open[len(s.open)-1]
	at.key = false
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &name) != nil {
		return nil
	}
	low := strings.ToLower(name)
	if at.has(s.names[at.from:], low) {
		return Errorf(InvalidSyntax, "%q stands twice in one object", name)
	}
	s.names = append(s.names, low)
	return nil
}

// has reports whether a name is among those of the object, which is to get it.
func (n *nesting) has(names []string, name string) bool {
	if len(names) < fewKeys {
		return slices.Contains(names, name)
	}
	if n.many == nil {
		n.many = make(map[string]bool, 2*len(names))
		for _, had := range names {
			n.many[had] = true
		}
	}
	if n.many[name] {
		return true
	}
	n.many[name] = true
	return false
}
