package testserver

import (
	"io"
	"net"
	"sync"
	"testing"
)

// relay makes a socket file reachable at a free TCP port of loopback until the test ends.
func relay(t testing.TB, socket string) (port int, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	r := &relayed{socket: socket, listener: listener, open: map[net.Conn]struct{}{}}
	r.running.Go(r.accept)
	t.Cleanup(r.close)
	return listener.Addr().(*net.TCPAddr).Port, nil
}

type relayed struct {
	socket   string
	listener net.Listener
	running  sync.WaitGroup

	mu   sync.Mutex // guards open
	open map[net.Conn]struct{}
}

func (r *relayed) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", r.socket)
		if err != nil {
			_ = client.Close()
			continue
		}
		r.remember(client, server)
		for _, ends := range [][2]net.Conn{{client, server}, {server, client}} {
			r.running.Go(func() {
				_, _ = io.Copy(ends[0], ends[1])
				r.forget(ends[0], ends[1])
			})
		}
	}
}

func (r *relayed) remember(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = struct{}{}
	}
}

func (r *relayed) forget(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(r.open, c)
	}
}

func (r *relayed) close() {
	_ = r.listener.Close()
	r.mu.Lock()
	for c := range r.open {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}
