package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// report prints a line for each case, with what each engine did, and demands that all is as wanted.
func report(w io.Writer, columns []column) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(t, "case\twanted")
	for _, c := range columns {
		_, _ = fmt.Fprintf(t, "\t%s %s", c.name, c.version)
	}
	var wrong int
	for i, r := range columns[0].results {
		_, _ = fmt.Fprintf(t, "\n%s\t%s %s", r.name, r.want.status, r.want.err)
		for _, c := range columns {
			_, _ = fmt.Fprintf(t, "\t%s", c.results[i])
			wrong += min(1, len(c.results[i].wrong))
		}
	}
	_, _ = fmt.Fprintln(t)
	_ = t.Flush()
	if wrong > 0 {
		return fmt.Errorf("%d results are not as wanted", wrong)
	}
	return nil
}

func (r result) String() string {
	switch {
	case r.wrong != "":
		return "WRONG: " + r.wrong
	case r.known != "":
		return "differs, as known: " + r.known
	}
	return fmt.Sprintf("ok, %d states, %d calls", len(r.trace.states()), len(r.calls))
}

// printCoverage prints the figures of each engine and demands all of each.
func printCoverage(w io.Writer, m asl.Machine, columns []column) error {
	var problems []error
	for _, column := range columns {
		c := coverage{m, map[string]int{}}
		for _, r := range column.results {
			if err := c.add(r.trace); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", column.name, r.name, err))
			}
		}
		line, missing := c.report()
		_, _ = fmt.Fprintf(w, "visited on %s: %s\n", column.name, line)
		if missing != nil {
			problems = append(problems, fmt.Errorf("never visited on %s: %s", column.name, strings.Join(missing, ", ")))
		}
	}
	return errors.Join(problems...)
}
