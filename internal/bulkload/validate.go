package bulkload

import (
	"context"
	"crypto/sha256"
	gohash "hash"
	"runtime"
	"slices"
	"sync"
)

// Options say how to validate.
type Options struct {
	// Known reports whether a user, team, channel, scheme or role exists already, apart from the file. nil = nothing does. It is called once for each use of a
	// name that the file does not define.
	Known func(kind, name string) bool
	// Meet returns what is to be told of people before they are loaded: whom of those here they would be taken for. nil = nothing. It is called with the people
	// of the file, some at a time and in their order.
	Meet func(context.Context, []Stated) ([]Finding, error)
	// Found is called with each finding, by line; then with those about names that the file does not define, by line again. nil = none is wanted.
	Found func(Finding)
	// Progress is called now and then with the number of lines read. nil = nobody asks.
	Progress func(lines int)
}

// Stated is somebody as a line states them.
type Stated struct {
	Line            int
	Username, Email string // in lower case
}

// Validate reads a whole file and says all that is wrong with it, in one pass and without writing anything. A bad line keeps no other from being looked at. Its
// error is about reading the file, not about what it says. Memory does not grow with the number of posts.
func Validate(ctx context.Context, a *Archive, o Options) (Report, error) {
	v, err := validate(ctx, a, o)
	return v.report, err
}

func validate(ctx context.Context, a *Archive, o Options) (*validation, error) {
	v := &validation{o: o, book: newBook(), bad: map[int]bool{}, sum: sha256.New()}
	v.report = Report{File: a.Name, Content: a.Content, Counts: map[string]int{}, Codes: map[string]int{}}
	if err := v.run(ctx, a); err != nil {
		return v, err
	}
	v.take(v.book.close(o.Known))
	for name := range a.stored {
		if !v.book.used[name] {
			v.report.Unused++
		}
	}
	v.report.Bad = len(v.bad)
	return v, nil
}

type validation struct {
	o      Options
	book   *book
	report Report
	bad    map[int]bool // lines with an error
	sum    gohash.Hash  // of what the lines say
}

// run checks batches on all processors and takes them in by line.
func (v *validation) run(ctx context.Context, a *Archive) error {
	return inOrder(ctx, a, func(b *batch) *checker { return v.check(a, b) }, func(b *batch, c *checker) error {
		return v.page(ctx, b, c)
	})
}

// inOrder hands the batches of a file to do, on all processors, and then what came of each to take, in their order and one at a time. It ends with ctx, or when
// take fails.
func inOrder[T any](ctx context.Context, a *Archive, do func(*batch) T, take func(*batch, T) error) error {
	type job struct {
		*batch
		result chan T
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	work, ordered, room := make(chan job), make(chan job, 2*workers), room{ctx, make(chan struct{}, mostOnTheWay), newThrift()}
	defer room.end()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for j := range work {
				j.result <- do(j.batch)
			}
		})
	}
	read := make(chan error, 1)
	group.Go(func() {
		defer close(work)
		defer close(ordered)
		read <- a.batches(room, func(b *batch) error {
			j := job{b, make(chan T, 1)}
			for _, to := range []chan job{ordered, work} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	var failed error
	for j := range ordered {
		select {
		case result := <-j.result:
			if failed == nil {
				failed = take(j.batch, result)
				room.leave(j.room)
				j.done()
			}
			if failed != nil {
				cancel()
			}
		case <-ctx.Done():
		}
	}
	group.Wait()
	for _, err := range []error{failed, <-read, outer.Err()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) check(a *Archive, b *batch) *checker {
	c := &checker{files: a, counts: map[string]int{}, known: v.book.has}
	b.each(c.line)
	return c
}

// page takes in what was found in a batch.
func (v *validation) page(ctx context.Context, b *batch, c *checker) error {
	v.sum.Write(b.text)
	v.report.Lines += len(b.ends)
	for name, n := range c.counts {
		v.report.Counts[name] += n
	}
	found := append(c.findings, v.book.add(c.facts)...)
	if v.o.Meet != nil && len(c.facts.people) > 0 {
		met, err := v.o.Meet(ctx, c.facts.people)
		if err != nil {
			return err
		}
		found = append(found, met...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	v.take(found)
	if v.o.Progress != nil {
		v.o.Progress(v.report.Lines)
	}
	return nil
}

func (v *validation) take(findings []Finding) {
	for _, f := range findings {
		v.report.Codes[f.Code]++
		if f.Level == Error {
			v.report.Errors++
			v.bad[f.Line] = true
		} else {
			v.report.Warnings++
		}
		if v.o.Found != nil {
			v.o.Found(f)
		}
	}
}
