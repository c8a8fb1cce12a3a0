package bulkload

import (
	"context"
	"runtime"
	"slices"
	"sync"
)

// Options say how to validate.
type Options struct {
	// Known reports whether a user, team, channel, scheme or role exists already, apart from the file. nil = nothing does. It is called once for each use of a
	// name that the file does not define.
	Known func(kind, name string) bool
	// Found is called with each finding, by line; then with those about names that the file does not define, by line again. nil = none is wanted.
	Found func(Finding)
	// Progress is called now and then with the number of lines read. nil = nobody asks.
	Progress func(lines int)
}

// Validate reads a whole file and says all that is wrong with it, in one pass and without writing anything. A bad line keeps no other from being looked at. Its
// error is about reading the file, not about what it says. Memory does not grow with the number of posts.
func Validate(ctx context.Context, a *Archive, o Options) (Report, error) {
	v := &validation{o: o, book: newBook(), bad: map[int]bool{}}
	v.report = Report{File: a.Name, Content: a.Content, Counts: map[string]int{}, Codes: map[string]int{}}
	if err := v.run(ctx, a); err != nil {
		return v.report, err
	}
	v.take(v.book.close(o.Known))
	for name := range a.stored {
		if !v.book.used[name[len("data/"):]] {
			v.report.Unused++
		}
	}
	v.report.Bad = len(v.bad)
	return v.report, nil
}

type validation struct {
	o      Options
	book   *book
	report Report
	bad    map[int]bool // lines with an error
}

// A page is a batch on its way: checked by one goroutine, taken in order by another.
type page struct {
	*batch
	done chan *checker
}

// run checks batches on all processors and takes them in by line.
func (v *validation) run(ctx context.Context, a *Archive) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	work, ordered := make(chan page), make(chan page, 2*workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for p := range work {
				p.done <- check(a, p.batch)
			}
		})
	}
	failed := make(chan error, 1)
	group.Go(func() {
		defer close(work)
		defer close(ordered)
		failed <- a.batches(ctx, func(b *batch) error {
			p := page{b, make(chan *checker, 1)}
			for _, to := range []chan page{ordered, work} {
				select {
				case to <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for p := range ordered {
		select {
		case c := <-p.done:
			v.page(p, c)
		case <-ctx.Done():
		}
	}
	group.Wait()
	return <-failed
}

func check(a *Archive, b *batch) *checker {
	c := &checker{files: a, counts: map[string]int{}}
	b.each(c.line)
	return c
}

// page takes in what was found in a batch.
func (v *validation) page(p page, c *checker) {
	v.report.Lines += len(p.ends)
	for name, n := range c.counts {
		v.report.Counts[name] += n
	}
	found := append(c.findings, v.book.add(c.facts)...)
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	v.take(found)
	if v.o.Progress != nil {
		v.o.Progress(v.report.Lines)
	}
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
