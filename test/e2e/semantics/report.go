package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// printTable prints a line for each case: what each engine did.
func printTable(w io.Writer, engines []engine, cases []testCase, results [][]result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(t, "case\twanted\tfunction")
	for _, e := range engines {
		_, _ = fmt.Fprintf(t, "\t%s %s", e.name(), e.version())
	}
	_, _ = fmt.Fprintln(t)
	for i, c := range cases {
		function := "script"
		if c.action != nil {
			function = "bootstrap"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s %s\t%s", c.name, c.want.status, c.want.err, function)
		for e := range engines {
			_, _ = fmt.Fprintf(t, "\t%s", results[e][i])
		}
		_, _ = fmt.Fprintln(t)
	}
	_ = t.Flush()
}

func (r result) String() string {
	switch {
	case r.wrong != "":
		return "WRONG: " + r.wrong
	case r.known != "":
		return fmt.Sprintf("differs, as known: %s; %s %s", r.known, r.trace.Status, r.trace.Error)
	}
	return fmt.Sprintf("ok, %d states, %d calls", len(r.trace.enteredStates()), len(r.plan.Payloads()))
}

// printCoverage prints the figures of each engine and demands all of each; a case that is known to differ does not count.
func printCoverage(w io.Writer, m asl.Machine, engines []engine, results [][]result) error {
	var failed bool
	for i, e := range engines {
		c := newCoverage(m)
		for _, r := range results[i] {
			if err := c.add(r.trace); err != nil {
				return fmt.Errorf("%s: %w", e.name(), err)
			}
		}
		line, missing := c.report()
		_, _ = fmt.Fprintf(w, "coverage on %s: %s\n", e.name(), line)
		for _, what := range missing {
			_, _ = fmt.Fprintf(w, "  not visited: %s\n", what)
		}
		failed = failed || len(missing) > 0
	}
	if failed {
		return fmt.Errorf("something in the definition was never visited")
	}
	return nil
}
