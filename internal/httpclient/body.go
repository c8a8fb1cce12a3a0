package httpclient

import (
	"errors"
	"io"
	"sync"
)

// body is an answer's body: bounded, recorded, and the end of its exchange.
type body struct {
	from    io.ReadCloser
	left    int64
	rec     *recording
	seen    *observation
	end     func()
	explain func(error) error
	done    sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return b.past()
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	b.rec.read(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.explain(err)
	}
	if err != nil {
		b.finish(err)
	}
	return n, err
}

// past tells an answer of just the greatest size from a larger one.
func (b *body) past() (int, error) {
	var one [1]byte
	for {
		n, err := b.from.Read(one[:])
		switch {
		case n > 0:
			err = b.explain(ErrTooLarge)
		case err == nil:
			continue
		case !errors.Is(err, io.EOF):
			err = b.explain(err)
		}
		b.finish(err)
		return 0, err
	}
}

func (b *body) Close() error {
	err := b.from.Close()
	b.finish(nil)
	return err
}

func (b *body) finish(err error) {
	b.done.Do(func() {
		b.end()
		if errors.Is(err, io.EOF) {
			err = nil
		}
		b.rec.finish(err)
		b.seen.finish(err)
	})
}
