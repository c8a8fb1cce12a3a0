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

// openZIP opens the first entry in the root of an archive whose name ends in .jsonl.
func openZIP(name string) (*Archive, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, fmt.Errorf("%s is a damaged ZIP: %w", name, err)
	}
	a := &Archive{Name: name, zip: z, stored: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		switch {
		case f.FileInfo().IsDir():
		case a.lines == nil && !strings.Contains(f.Name, "/") && strings.EqualFold(path.Ext(f.Name), ".jsonl"):
			a.lines, a.Content = f.Open, f.Name
		case strings.HasPrefix(f.Name, attachments):
			a.stored[f.Name[len(attachments):]] = f
		}
	}
	if a.lines == nil {
		return nil, errors.Join(fmt.Errorf("%s has no file that ends in .jsonl in its root", name), z.Close())
	}
	return a, nil
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
}

const (
	batchLines = 512
	batchBytes = 1 << 20
)

// batches cuts the lines into batches and passes them on in order, until ctx ends or pass fails.
func (a *Archive) batches(ctx context.Context, pass func(*batch) error) (err error) {
	lines, err := a.lines()
	if err != nil {
		return fmt.Errorf("read %s: %w", a.Name, err)
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	r := bufio.NewReaderSize(lines, 256<<10)
	b := &batch{first: 1}
	for {
		before := len(b.text)
		err := b.readLine(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", b.first+len(b.ends), err)
		}
		last := err != nil
		if last && len(b.text) == before && len(b.ends) > 0 && b.ends[len(b.ends)-1] == before {
			b.ends = b.ends[:len(b.ends)-1] // what follows the last line break is no line
		}
		if last || len(b.ends) == batchLines || len(b.text) >= batchBytes {
			if err := errors.Join(ctx.Err(), pass(b)); err != nil || last {
				return err
			}
			b = &batch{first: b.first + len(b.ends)}
		}
	}
}

// readLine appends one line to b, without what ends it. At io.EOF too: the last line may end without a line break.
func (b *batch) readLine(r *bufio.Reader) error {
	start, tooLong := len(b.text), false
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			b.text = append(b.text, part...)
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
