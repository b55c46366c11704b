package bench

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/performance.md")

// samples are measured values by figure and by the name of what was measured.
type samples map[[2]string][]float64

func (s samples) add(figure, name string, value float64) {
	key := [2]string{figure, name}
	s[key] = append(s[key], value)
}

// median is 0 where nothing was measured.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

func TestMedian(t *testing.T) {
	t.Parallel()
	if some, none := median([]float64{5, 1, 4, 10}), median(nil); some != 5 || none != 0 {
		t.Errorf("median %v, of nothing %v", some, none)
	}
}

// by reduces the samples of a figure to one value, in a unit, for each name.
func (s samples) by(reduce func([]float64) float64, figure string, unit float64) func(name string) float64 {
	return func(name string) float64 { return reduce(s[[2]string{figure, name}]) / unit }
}

// ratio is the same, in which the unit is the value for the name base.
func (s samples) ratio(reduce func([]float64) float64, figure, base string) func(name string) float64 {
	return s.by(reduce, figure, s.by(reduce, figure, 1)(base))
}

// column is a figure of a table, by the name of the row.
type column struct {
	title string
	value func(name string) float64
}

// table writes a table in Markdown under a heading.
func table(heading string, names []string, columns []column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n| |", heading)
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.title)
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(columns)+1) + "\n")
	for _, name := range names {
		fmt.Fprintf(&b, "| %s |", name)
		for _, c := range columns {
			fmt.Fprintf(&b, " %s |", number(c.value(name)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// number has about three digits. What was not measured is a dash.
func number(v float64) string {
	switch {
	case math.IsNaN(v) || v == 0:
		return "–"
	case v == math.Trunc(v) || v >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

// publish reports whether docs/performance.md has the text between two marks. With -update it puts it there first.
func publish(mark, text string) bool {
	const page = root + "/docs/performance.md"
	begin := "<!-- begin: " + mark + " -->\n"
	end := "<!-- end: " + mark + " -->\n"
	head, rest, _ := strings.Cut(string(must(os.ReadFile(page))), begin)
	old, tail, found := strings.Cut(rest, end)
	if !found {
		panic(page + " has no marks for " + mark)
	}
	if *update {
		old = text
		try(os.WriteFile(page, []byte(head+begin+text+end+tail), 0o600))
	}
	return old == text
}
