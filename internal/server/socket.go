package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse says that another process answers at the socket.
var ErrInUse = errors.New("another process answers there")

// longestSocket is what fits in a socket address on every system.
const longestSocket = 100

// listenSocket listens at path with mode 0600. A socket that nobody answers at is what a crash left behind, and replaced.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	if c, err := DialSocket(ctx, path); err == nil {
		c.Close()
		return nil, fmt.Errorf("listen at %s: %w", path, ErrInUse)
	}
	if st, err := os.Lstat(path); err == nil && st.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove old socket: %w", err)
		}
	}
	short, done, err := shorten(path)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := new(net.ListenConfig).Listen(ctx, "unix", short)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &socket{Listener: l, path: path}, nil
}

// socket removes its file when it is closed.
type socket struct {
	net.Listener
	path string
}

func (s *socket) Close() error { return errors.Join(s.Listener.Close(), os.Remove(s.path)) }

// DialSocket connects to the server at path. IsAbsent tells that there is none.
func DialSocket(ctx context.Context, path string) (net.Conn, error) {
	short, done, err := shorten(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return new(net.Dialer).DialContext(ctx, "unix", short)
}

// IsAbsent reports whether err says that nobody listens, as opposed to that they cannot be reached.
func IsAbsent(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// shorten returns a name for path that fits in a socket address: if need be, through a link to its folder. done removes the link.
func shorten(path string) (short string, done func(), err error) {
	if len(path) <= longestSocket {
		return path, func() {}, nil
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	tmp, err := os.MkdirTemp("", "muster-")
	if err != nil {
		return "", nil, fmt.Errorf("shorten socket path: %w", err)
	}
	done = func() { _ = os.RemoveAll(tmp) }
	if err := os.Symlink(folder, filepath.Join(tmp, "d")); err != nil {
		done()
		return "", nil, fmt.Errorf("shorten socket path: %w", err)
	}
	return filepath.Join(tmp, "d", filepath.Base(path)), done, nil
}
