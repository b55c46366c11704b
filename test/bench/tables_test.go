package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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

// publish returns what docs/performance.md says between two marks, after it has put the text there with -update.
func publish(t testing.TB, mark, text string) string {
	t.Helper()
	page := filepath.Join(root, "docs/performance.md")
	content, err := os.ReadFile(page)
	check(t, err)
	begin := "<!-- begin: " + mark + " -->\n"
	end := "<!-- end: " + mark + " -->\n"
	head, rest, begins := strings.Cut(string(content), begin)
	old, tail, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no marks for %s", page, mark)
	}
	if !*update {
		return old
	}
	check(t, os.WriteFile(page, []byte(head+begin+text+end+tail), 0o600))
	return text
}
