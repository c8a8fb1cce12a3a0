package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"muster/internal/cli"
	"muster/internal/server"
	"muster/internal/server/adminapi"
)

// Serve runs sources, targets and listeners until ctx ends. A first configuration that is written meanwhile is taken up: the application starts anew with it
// behind the same listeners.
func (a App) Serve(ctx context.Context, opts cli.Options, ready func(cli.Listening)) error {
	m, err := a.opened(ctx, opts)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(m.hall.folder); err != nil { // of a process that was killed
		return errors.Join(err, m.Close())
	}
	stand := &stand{}
	stand.put(m.site())
	g, gctx := errgroup.WithContext(ctx)
	socket, listen := filepath.Join(m.Data, adminapi.SocketName), cmp.Or(opts.Listen, m.File.Listen)
	bound := make(chan string, 1)
	g.Go(func() error {
		return server.Run(gctx, server.Config{Handler: stand, Socket: socket, Listen: listen, Log: opts.Log, Ready: func(addr string) { bound <- addr }})
	})
	g.Go(func() error {
		select {
		case addr := <-bound:
			last, err := a.generations(gctx, m, opts, stand, func(m *Muster) { ready(m.listening(ctx, socket, addr)) })
			m = last
			if err != nil {
				return err
			}
		case <-gctx.Done():
		}
		return nil
	})
	err = g.Wait()
	if m == nil {
		return err
	}
	return errors.Join(err, m.Close()) // requests that were under way have been answered
}

// opened opens an application that is to be served.
func (a App) opened(ctx context.Context, opts cli.Options) (*Muster, error) {
	m, err := Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	m.scenes, m.guest, m.hall.stage = a.Scenes, a.Guest, a.Stage
	m.beginning.renew = make(chan struct{}, 1)
	return m, nil
}

// generations runs m, and whatever takes its place, until ctx ends, and returns what is still open then, or nil.
func (a App) generations(ctx context.Context, m *Muster, opts cli.Options, stand *stand, ready func(*Muster)) (*Muster, error) {
	for {
		ready(m)
		if err := m.work(ctx); err != nil || ctx.Err() != nil {
			return m, err
		}
		m.log.Info("a first configuration was written; it is taken up", "file", m.firstFile())
		clear := stand.clear()
		next, err := a.succeed(ctx, m, opts)
		if err != nil {
			clear(nil)
			return nil, err
		}
		m = next
		clear(m.site())
	}
}

// succeed closes m and opens the application with the file that was written, or as it was if that cannot be used.
func (a App) succeed(ctx context.Context, m *Muster, opts cli.Options) (*Muster, error) {
	if err := m.Close(); err != nil {
		return nil, err
	}
	with := opts
	with.Data, with.ConfigFile = m.Data, m.firstFile()
	next, err := a.opened(ctx, with)
	if err == nil {
		return next, nil
	}
	m.log.Error("the configuration that was written cannot be used", "error", err)
	return a.opened(ctx, opts)
}

// work does all that goes on by itself, until ctx ends or the first configuration was written.
func (m *Muster) work(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	gctx, stop := context.WithCancel(gctx)
	defer stop()
	g.Go(func() error {
		select {
		case <-m.beginning.renew:
			stop()
		case <-gctx.Done():
		}
		return nil
	})
	g.Go(func() error { return m.Engine.Run(gctx) })
	g.Go(func() error { return m.retain(gctx) })
	g.Go(func() error { return m.alarm(gctx) })
	g.Go(func() error { return m.measure(gctx) })
	g.Go(func() error {
		m.scim.Keep(gctx)
		return nil
	})
	g.Go(func() error { return m.tell(gctx) })
	g.Go(func() error {
		m.erase.Run(gctx, func(err error) { m.log.Error("a deletion goes on later", "error", err) })
		return nil
	})
	g.Go(func() error {
		m.space.Follow(gctx, func(err error) { m.log.Error("memberships do not follow linked groups", "error", err) })
		return nil
	})
	return g.Wait()
}

// A stand answers requests with a handler that can be exchanged: requests that come meanwhile wait.
type stand struct {
	mu      sync.RWMutex // read while a request is answered
	handler http.Handler
	over    context.Context // ends when the handler is to be exchanged
	end     context.CancelFunc
}

func (s *stand) put(h http.Handler) {
	s.handler = h
	s.over, s.end = context.WithCancel(context.Background())
}

// clear waits until nothing is answered any more, streams being ended, and returns what puts another handler in the place.
func (s *stand) clear() func(http.Handler) {
	s.mu.RLock()
	end := s.end
	s.mu.RUnlock()
	end()
	s.mu.Lock()
	return func(h http.Handler) {
		if h == nil {
			h = http.NotFoundHandler()
		}
		s.put(h)
		s.mu.Unlock()
	}
}

// ServeHTTP implements http.Handler.
func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(s.over, stop)()
	s.handler.ServeHTTP(w, r.WithContext(ctx))
}
