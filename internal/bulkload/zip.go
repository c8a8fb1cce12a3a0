package bulkload

import (
	"archive/zip"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// A ZIP whose file unpacks to more than bombSize and to more than bombRatio times what it takes is made to fill disks.
const (
	bombSize  = 64 << 20
	bombRatio = 500
)

// openZIP opens the first entry in the root of an archive whose name ends in .jsonl. An archive with anything in it that means more than one thing, or that could
// lead somewhere else, is refused as a whole.
func openZIP(name string) (*Archive, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, fmt.Errorf("%s is a damaged ZIP: %w", name, err)
	}
	a := &Archive{Name: name, zip: z, stored: make(map[string]*zip.File, len(z.File))}
	seen := make(map[string]bool, len(z.File))
	for _, f := range z.File {
		if err := sound(f); err != nil || seen[f.Name] {
			if err == nil {
				err = errors.New("is in it twice")
			}
			return nil, errors.Join(fmt.Errorf("%s: the file %q %w", name, short(f.Name), err), z.Close())
		}
		seen[f.Name] = true
		a.size += f.UncompressedSize64
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

// sound says why a file of an archive cannot be taken. Its sizes are what the archive states: one that unpacks to more fails while it is read.
func sound(f *zip.File) error {
	const encrypted = 1
	clean := strings.TrimSuffix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
	switch mode := f.FileInfo().Mode(); {
	case f.Flags&encrypted != 0:
		return errors.New("is encrypted: pack it without a password")
	case !filepath.IsLocal(filepath.FromSlash(clean)) || path.Clean(clean) != clean:
		return errors.New("has a name that leads elsewhere")
	case !mode.IsDir() && !mode.IsRegular():
		return errors.New("is no ordinary file, but a link or the like")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("is packed by method %d: pack it by deflate, or not at all", f.Method)
	case f.UncompressedSize64 > bombSize && f.UncompressedSize64/bombRatio > f.CompressedSize64:
		return fmt.Errorf("unpacks to %d bytes from %d: that is made to fill a disk", f.UncompressedSize64, f.CompressedSize64)
	}
	return nil
}

// ErrTooLarge says that a ZIP unpacks to more than is allowed.
var ErrTooLarge = errors.New("it unpacks to too much")

// AtMost returns ErrTooLarge if what is in a ZIP is larger than that, unpacked.
func (a *Archive) AtMost(size int64) error {
	if a.size > uint64(size) {
		return fmt.Errorf("%w: %d bytes, and %d are allowed", ErrTooLarge, a.size, size)
	}
	return nil
}
