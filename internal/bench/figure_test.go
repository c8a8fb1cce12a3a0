package bench

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// A figure is one line of the table at the end.
type figure struct{ what, ours, floor, ratio, wanted string }

type table []figure

// figures are what the benchmarks of this run have found.
var figures table

func (t *table) add(what, ours, floor, ratio, wanted string) {
	*t = append(*t, figure{what, ours, floor, ratio, wanted})
}

func (t table) print(to io.Writer) {
	if len(t) == 0 {
		return
	}
	fmt.Fprintf(to, "\n%d cores, %s/%s, %s\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tMuster\tfloor\tratio\twanted")
	for _, f := range t {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.what, f.ours, f.floor, f.ratio, f.wanted)
	}
	if err := w.Flush(); err != nil {
		fmt.Fprintln(to, err)
	}
	fmt.Fprintln(to)
}

func seconds(s float64) string   { return fmt.Sprintf("%.1f s", s) }
func perSecond(n float64) string { return fmt.Sprintf("%.0f/s", n) }
func megabytes(kB int) string    { return fmt.Sprintf("%d MB", (kB+1023)/1024) }
