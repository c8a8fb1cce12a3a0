// Package files keeps what is attached to posts: each content once, under the hash of it, in a folder of the data folder.
//
// What a file is called and to what it is attached is in package workspace.
package files

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// A Folder holds contents. It is safe for concurrent use, also by several processes. The zero Folder cannot be used.
type Folder struct{ root *os.Root }

// Open opens a folder, and makes it if it is not there. Close it.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Put keeps what r holds and returns its hash and size. The content is durable when Put returns, and there whole or not at all. Putting it again is harmless.
func (f *Folder) Put(r io.Reader) (hash string, size int64, err error) {
	name := ".new-" + rand.Text()
	tmp, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, fmt.Errorf("keep a file: %w", err)
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(tmp, h), r)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", 0, fmt.Errorf("keep a file: %w", errors.Join(err, f.root.Remove(name)))
	}
	hash = hex.EncodeToString(h.Sum(nil))
	return hash, size, f.adopt(name, hash)
}

// adopt moves a finished file to where its hash wants it.
func (f *Folder) adopt(tmp, hash string) error {
	if _, err := f.root.Stat(place(hash)); err == nil {
		return f.root.Remove(tmp)
	}
	if err := f.root.Mkdir(hash[:2], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep a file: %w", err)
	}
	if err := f.root.Rename(tmp, place(hash)); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return f.sync(hash[:2])
}

// sync makes the names in a folder durable.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get opens a content. One that is not there is fs.ErrNotExist. Close it.
func (f *Folder) Get(hash string) (io.ReadCloser, error) {
	if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("file %q: %w", hash, fs.ErrNotExist)
	}
	return f.root.Open(place(hash))
}

// Remove removes a content. One that is not there is fs.ErrNotExist.
func (f *Folder) Remove(hash string) error {
	if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return fmt.Errorf("file %q: %w", hash, fs.ErrNotExist)
	}
	return f.root.Remove(place(hash))
}

func place(hash string) string { return hash[:2] + "/" + hash[2:] }
