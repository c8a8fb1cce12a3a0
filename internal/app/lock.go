package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"muster/internal/run"
)

// lock takes the data folder for this process, making it if need be, and returns how to give it back. The lock goes with the process.
func lock(data string) (func() error, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &run.Problem{
				Code: "conflict", What: fmt.Sprintf("another Muster works in the data folder %s", data),
				Now: "Nothing was started.", Fix: "Talk to the one that runs (`muster status -d " + data + "`), stop it, or name another folder with -d.",
			}
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return f.Close, nil
}
