package bulkload

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// maxLine is the longest line that the format allows.
const maxLine = 16 << 20

// An Archive is an opened file: lines, and attachments beside them. It is safe for concurrent use.
type Archive struct {
	Name    string // of the file
	Content string // of a ZIP: the entry with the lines

	lines  func() (io.ReadCloser, error) // from the first line
	zip    *zip.ReadCloser
	stored map[string]*zip.File // attachments in a ZIP, by their names below data/
	folder *os.Root             // of a plain file: where its attachments are; nil if there are none
	size   uint64               // of what a ZIP unpacks to
}

const attachments = "data/"

// Open opens a JSONL file, or a ZIP with one. Attachments are those below data/: in the ZIP, or in the folder of the plain file. Close it.
func Open(name string) (*Archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	var magic [4]byte
	n, err := io.ReadFull(f, magic[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		_ = f.Close() // reading it failed already
		return nil, err
	}
	if bytes.Equal(magic[:n], []byte("PK\x03\x04")) || bytes.Equal(magic[:n], []byte("PK\x05\x06")) {
		_ = f.Close() // opened again as an archive
		return openZIP(name)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	a := &Archive{Name: name, lines: func() (io.ReadCloser, error) { return os.Open(name) }}
	a.folder, err = os.OpenRoot(filepath.Join(filepath.Dir(name), attachments))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isFile(err) {
		return nil, err
	}
	return a, nil
}

// isFile reports whether err says that what should be a folder is none.
func isFile(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && strings.Contains(p.Err.Error(), "not a directory")
}

// Close closes the file.
func (a *Archive) Close() error {
	var err error
	if a.zip != nil {
		err = a.zip.Close()
	}
	if a.folder != nil {
		err = errors.Join(err, a.folder.Close())
	}
	return err
}

// errEscapes says that the path of an attachment leads out of data/.
var errEscapes = errors.New("leads out of data/")

// has reports whether there is an attachment at name, which is relative to data/. Case counts.
func (a *Archive) has(name string) (bool, error) {
	clean, err := clean(name)
	switch {
	case err != nil:
		return false, err
	case a.zip != nil:
		return a.stored[clean] != nil, nil
	case a.folder == nil:
		return false, nil
	}
	i, err := a.folder.Stat(filepath.FromSlash(clean))
	return err == nil && i.Mode().IsRegular(), nil
}

// attachment opens the attachment at name. One that is not there is fs.ErrNotExist.
func (a *Archive) attachment(name string) (io.ReadCloser, error) {
	clean, err := clean(name)
	switch {
	case err != nil:
		return nil, err
	case a.zip != nil && a.stored[clean] != nil:
		return a.stored[clean].Open()
	case a.folder != nil:
		return a.folder.Open(filepath.FromSlash(clean))
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

// clean is the path of an attachment below data/, in its shortest form.
func clean(name string) (string, error) {
	short := path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if !filepath.IsLocal(filepath.FromSlash(short)) {
		return "", errEscapes
	}
	return short, nil
}

// A batch is some lines that follow each other.
type batch struct {
	first int // number of the first line, from 1
	text  []byte
	ends  []int // of each line in text; -1-n for a line that was too long, of which the n bytes before are kept
	room  int   // that it takes
}

const (
	batchLines = 512
	batchBytes = 1 << 20
)

// spare are batches that nobody needs any more.
var spare sync.Pool

func newBatch(r room, first int) (*batch, error) {
	if err := r.take(usualRoom); err != nil {
		return nil, err
	}
	b, ok := spare.Get().(*batch)
	if !ok {
		b = &batch{text: make([]byte, 0, batchBytes+64<<10), ends: make([]int, 0, batchLines)}
	}
	b.first, b.text, b.ends, b.room = first, b.text[:0], b.ends[:0], usualRoom
	return b, nil
}

// A room bounds how many MiB of lines there are at a time between reading and taking.
type room struct {
	ctx   context.Context
	taken chan struct{}
	thrift
}

// mostOnTheWay has room for one batch with the longest line, and for some ordinary ones.
const mostOnTheWay = 24

// take waits until there is room for n more.
func (r room) take(n int) error {
	for range n {
		select {
		case r.taken <- struct{}{}:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	return nil
}

func (r room) leave(n int) {
	for range n {
		<-r.taken
	}
}

// done says that nothing refers to b any more.
func (b *batch) done() {
	if cap(b.text) < longBatch {
		spare.Put(b)
	} else {
		spareLong.Put(&b.text)
	}
}

const (
	longBatch = batchBytes + maxLine + 1<<20 // the longest line behind others
	usualRoom = batchBytes>>20 + 1
	longRoom  = longBatch >> 20
)

// spareLong are texts of long batches that nobody needs any more.
var spareLong sync.Pool

// add appends to the text. A text that a long line outgrows is not grown bit by bit: there would be more of its copies than of the lines.
func (b *batch) add(r room, part []byte) error {
	if len(b.text)+len(part) > cap(b.text) && cap(b.text) < longBatch {
		if err := r.take(longRoom - usualRoom); err != nil {
			return err
		}
		b.room = longRoom
		r.begin()
		long, ok := spareLong.Get().(*[]byte)
		if !ok {
			long = new(make([]byte, 0, longBatch))
		}
		b.text = append((*long)[:0], b.text...)
	}
	b.text = append(b.text, part...)
	return nil
}

// batches cuts the lines into batches and passes them on in order, until there is no room or pass fails. They are whose they are passed to, who may be done
// with them, and leaves their room.
func (a *Archive) batches(room room, pass func(*batch) error) (err error) {
	lines, err := a.lines()
	if err != nil {
		return fmt.Errorf("read %s: %w", a.Name, err)
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	r := bufio.NewReaderSize(lines, 256<<10)
	b, err := newBatch(room, 1)
	for err == nil {
		before := len(b.text)
		err := b.readLine(room, r)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", b.first+len(b.ends), err)
		}
		last := err != nil
		if last && len(b.text) == before && len(b.ends) > 0 && b.ends[len(b.ends)-1] == before {
			b.ends = b.ends[:len(b.ends)-1] // what follows the last line break is no line
		}
		if last || len(b.ends) == batchLines || len(b.text) >= batchBytes {
			if err := pass(b); err != nil || last {
				return err
			}
			if b, err = newBatch(room, b.first+len(b.ends)); err != nil {
				return err
			}
		}
	}
	return err
}

// readLine appends one line to b, without what ends it. At io.EOF too: the last line may end without a line break.
func (b *batch) readLine(room room, r *bufio.Reader) error {
	start, tooLong := len(b.text), false
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			if err := b.add(room, part); err != nil {
				return err
			}
		}
		if len(b.text)-start > maxLine {
			tooLong, b.text = true, b.text[:start+20]
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if tooLong {
			b.ends = append(b.ends, -1-len(b.text))
		} else {
			b.text = b.text[:start+len(bytes.TrimRight(b.text[start:], "\r\n"))]
			b.ends = append(b.ends, len(b.text))
		}
		return err
	}
}

// each calls fn for every line of b.
func (b *batch) each(fn func(no int, text []byte, tooLong bool)) {
	start := 0
	for i, end := range b.ends {
		tooLong := end < 0
		if tooLong {
			end = -1 - end
		}
		fn(b.first+i, b.text[start:end], tooLong)
		start = end
	}
}
