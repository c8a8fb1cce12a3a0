package scimapi

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// cursorLife is how long a cursor may be used.
const cursorLife = 10 * time.Minute

// The scimTypes of RFC 9865.
const (
	invalidCursor = "invalidCursor"
	expiredCursor = "expiredCursor"
	invalidCount  = "invalidCount"
)

// cursors seal cursors with a key that all nodes share: it stands in the store.
type cursors struct {
	mu  sync.Mutex // guards key
	key []byte
}

const (
	cursorOwner  = "scim"
	cursorAnchor = "cursor key"
)

// sealing returns the key, made at its first use.
func (s *Server) sealing(ctx context.Context) ([]byte, error) {
	s.cursors.mu.Lock()
	defer s.cursors.mu.Unlock()
	if s.cursors.key != nil {
		return s.cursors.key, nil
	}
	text := ""
	err := s.cfg.Store.Update(ctx, "scim", func(tx directory.Tx) error {
		var err error
		if text, err = tx.Anchor(ctx, cursorOwner, cursorAnchor); err != nil || text != "" {
			return err
		}
		fresh := make([]byte, 32)
		rand.Read(fresh)
		text = hex.EncodeToString(fresh)
		return tx.SetAnchor(ctx, cursorOwner, cursorAnchor, text)
	})
	if err != nil {
		return nil, err
	}
	s.cursors.key, err = hex.DecodeString(text)
	return s.cursors.key, err
}

// A place is where a walk stands: the page begins behind it.
type place struct {
	Key   string `json:"k,omitempty"`
	ID    string `json:"i"`
	Count int    `json:"c"`
	Back  bool   `json:"b,omitempty"` // the page ends before it
}

// byCursor reads a page behind a place.
func (l *lister) byCursor(ctx context.Context) error {
	if len(l.types) > 1 {
		return scim.Errorf(scim.InvalidValue, "cursors walk over one type of resource: ask for /Users or /Groups")
	}
	if l.s.StartIndex != nil {
		return scim.Errorf(scim.InvalidValue, "cursor and startIndex exclude each other")
	}
	query, p, err := l.compile(ctx, l.types[0])
	if err != nil {
		return err
	}
	query.Limit = l.s.count()
	var at place
	if *l.s.Cursor != "" {
		if at, err = l.open(l.key, *l.s.Cursor); err != nil {
			return err
		}
		if at.Count != query.Limit {
			return scim.Errorf(invalidCount, "count must be %d, as on the first page", at.Count)
		}
		query.After = &inbound.Mark{Key: at.Key, ID: at.ID}
	}
	limit := query.Limit
	all := query
	all.After = nil
	if l.out.Total, err = l.in.Count(ctx, all); err != nil || limit == 0 {
		return err
	}
	found, more, err := l.page(ctx, query, at.Back)
	if err != nil {
		return err
	}
	if len(found) > 0 && (more || at.Back) { // whoever comes back comes from a page
		l.out.Next, err = l.seal(l.key, query.Sort, found[len(found)-1], place{Count: limit})
	}
	if err == nil && len(found) > 0 && (at.Back && more || !at.Back && query.After != nil) {
		l.out.Previous, err = l.seal(l.key, query.Sort, found[0], place{Count: limit, Back: true})
	}
	if err != nil {
		return err
	}
	l.out.Resources, err = l.q.render(ctx, l.in, l.types[0], found, p)
	return err
}

// page reads the page behind a mark, or the one before it, and reports whether there is more that way.
func (l *lister) page(ctx context.Context, query inbound.Query, back bool) ([]inbound.Resource, bool, error) {
	limit := query.Limit
	query.Limit++
	query.Sort.Desc = query.Sort.Desc != back
	found, err := l.in.Find(ctx, query)
	more := len(found) > limit
	found = found[:min(len(found), limit)]
	if back {
		slices.Reverse(found)
	}
	return found, more, err
}

// scope is all that a cursor is bound to.
func (l *lister) scope() string {
	text, _ := json.Marshal([]any{l.q.client.Name, l.types[0].Name, l.s.Filter, l.s.SortBy, l.s.SortOrder, l.s.Attributes, l.s.Excluded})
	return string(text)
}

func (l *lister) mac(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%d\x00%s\x00", len(body), body)
	h.Write([]byte(l.scope()))
	return h.Sum(nil)[:16]
}

// seal makes the cursor that stands at a resource.
func (l *lister) seal(key []byte, order inbound.Sort, r inbound.Resource, at place) (text string, err error) {
	at.ID = r.ID
	if at.Key, err = l.mark(order, r); err != nil {
		return "", err
	}
	raw, err := json.Marshal(at)
	body := binary.BigEndian.AppendUint64(nil, uint64(l.q.s.now().Unix()))
	body = append(body, raw...)
	return base64.RawURLEncoding.EncodeToString(append(l.mac(key, body), body...)), err
}

// mark is what a resource has at the path of an order.
func (l *lister) mark(order inbound.Sort, r inbound.Resource) (string, error) {
	switch order.Path {
	case "", "id":
		return "", nil
	case "handle":
		return r.Handle, nil
	case "active":
		if r.Active {
			return "true", nil
		}
		return "false", nil
	case "meta.created":
		return scim.TimeKey(r.Created), nil
	case "meta.lastModified":
		return scim.TimeKey(r.Modified), nil
	case "externalId":
		return r.External, nil
	}
	doc, err := stored(r)
	if err != nil {
		return "", err
	}
	least := ""
	for _, v := range l.types[0].Values(doc) {
		if v.Path == order.Path && v.Elem == 0 && (least == "" || v.Key < least) {
			least = v.Key
		}
	}
	return least, nil
}

// open reads a cursor.
func (l *lister) open(key []byte, text string) (place, error) {
	var out place
	bad := scim.Errorf(invalidCursor, "this is no cursor of this query")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < 24 || !hmac.Equal(raw[:16], l.mac(key, raw[16:])) {
		return out, bad
	}
	if err := json.Unmarshal(raw[24:], &out); err != nil {
		return out, bad
	}
	if made := time.Unix(int64(binary.BigEndian.Uint64(raw[16:24])), 0); l.q.s.now().Sub(made) > cursorLife {
		return out, scim.Errorf(expiredCursor, "the cursor is older than %d seconds: begin again", int(cursorLife.Seconds()))
	}
	return out, nil
}
