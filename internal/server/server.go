// Package server listens: it serves handlers on a Unix socket in the data folder and on a loopback address, and stops them gracefully.
//
// What is served is made by its child folders (adminapi) and put together by package app. It knows no people and no store.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Times that bound a connection. There is no limit on answering: requests may wait for a run to end.
const (
	headerTime = 10 * time.Second
	readTime   = time.Minute
	idleTime   = 2 * time.Minute
	graceTime  = 5 * time.Second
	mostHeader = 64 << 10
)

// Config says where to listen and what to serve.
type Config struct {
	Handler http.Handler
	Socket  string // path, "" = none
	Listen  string // loopback host:port, "" = none
	Log     *slog.Logger
	// Ready, if set, is called once when all listeners accept connections. Addr is that of Listen, with the real port, or "".
	Ready func(addr string)
}

// Run serves until ctx ends, then lets requests that are under way finish for a few seconds. It returns nil if it was stopped that way.
func Run(ctx context.Context, cfg Config) error {
	listeners, addr, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           http.NewCrossOriginProtection().Handler(cfg.Handler),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, IdleTimeout: idleTime, MaxHeaderBytes: mostHeader,
		ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	srv.BaseContext = func(net.Listener) context.Context { return requests }
	g, gctx := errgroup.WithContext(ctx)
	for _, l := range listeners {
		g.Go(func() error {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	g.Go(func() error {
		<-gctx.Done()
		return stop(srv, cut)
	})
	if cfg.Ready != nil {
		cfg.Ready(addr)
	}
	return g.Wait()
}

// stop ends waiting requests first, or each would hold the others up for the whole grace time.
func stop(srv *http.Server, cut func()) error {
	grace, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	timer := time.AfterFunc(graceTime/5, cut)
	defer timer.Stop()
	if err := srv.Shutdown(grace); err != nil {
		cut()
		return srv.Close()
	}
	return nil
}

func listen(ctx context.Context, cfg Config) (ls []net.Listener, addr string, err error) {
	defer func() {
		if err != nil {
			for _, l := range ls {
				l.Close()
			}
		}
	}()
	if cfg.Socket != "" {
		l, err := listenSocket(ctx, cfg.Socket)
		if err != nil {
			return ls, "", err
		}
		ls = append(ls, l)
	}
	if cfg.Listen != "" {
		l, err := listenLoopback(ctx, cfg.Listen)
		if err != nil {
			return ls, "", err
		}
		ls, addr = append(ls, l), l.Addr().String()
	}
	if len(ls) == 0 {
		return nil, "", errors.New("nowhere to listen")
	}
	return ls, addr, nil
}

// listenLoopback refuses what others could reach: there is no TLS here.
func listenLoopback(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("listen: %s can be reached from other machines", addr)
	}
	return l, nil
}
