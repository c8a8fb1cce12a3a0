package engine_test

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"muster/internal/directory"
)

// A knife ends a process in the middle: from its at-th step on, nothing has an effect any more. Steps are writes to the store and requests to the target.
// With after, the step itself still takes effect, and its answer is lost.
type knife struct {
	at    int
	after bool

	mu    sync.Mutex // guards steps
	steps int
}

var errKilled = errors.New("the process has ended")

// step counts one step. It reports whether the step takes effect, and whether its answer is heard.
func (k *knife) step() (effect, heard bool) {
	if k == nil {
		return true, true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.steps++
	heard = k.at == 0 || k.steps < k.at
	return heard || k.after && k.steps == k.at, heard
}

func (k *knife) fell() bool {
	if k == nil || k.at == 0 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.steps >= k.at
}

func (k *knife) store(s directory.Store) directory.Store {
	if k == nil {
		return s
	}
	return &knifeStore{s, k}
}

type knifeStore struct {
	directory.Store
	*knife
}

func (s *knifeStore) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	effect, heard := s.step()
	if !effect {
		return errKilled
	}
	if err := s.Store.Update(ctx, by, fn); err != nil || heard {
		return err
	}
	return errKilled
}

func (s *knifeStore) View(ctx context.Context, fn func(directory.Reader) error) error {
	if s.fell() {
		return errKilled
	}
	return s.Store.View(ctx, fn)
}

func (s *knifeStore) Changes(ctx context.Context, after directory.Rev, limit int) ([]directory.Change, error) {
	if s.fell() {
		return nil, errKilled
	}
	return s.Store.Changes(ctx, after, limit)
}

// cleaner is what tests end with.
type cleaner interface{ Cleanup(func()) }

func (k *knife) transport(t cleaner) http.RoundTripper {
	base := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(base.CloseIdleConnections)
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		effect, heard := k.step()
		if !effect {
			return nil, errKilled
		}
		resp, err := base.RoundTrip(r)
		if err != nil || heard {
			return resp, err
		}
		_ = resp.Body.Close()
		return nil, errKilled
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
