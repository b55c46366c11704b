package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// print writes the last verdicts in the form that was asked for: a table to read, JSON documents one after the other,
// or CSV with one line for each endpoint that is listed.
func (o options) print(w io.Writer, results []result) error {
	var seen []result
	for _, r := range results {
		if r.verdict != nil {
			seen = append(seen, r)
		}
	}
	switch o.output {
	case "json":
		return printJSON(w, seen)
	case "csv":
		return printCSV(w, seen)
	}
	for _, r := range seen {
		if len(results) > 1 {
			fmt.Fprintf(w, "action %s: ", r.id)
		}
		if err := printTable(w, *r.verdict); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(w io.Writer, results []result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	for _, r := range results {
		if err := enc.Encode(r.verdict); err != nil {
			return err
		}
	}
	return nil
}

func printCSV(w io.Writer, results []result) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"group_action_id", "verdict", "agent_id", "counts_as", "status", "error"}}
	for _, r := range results {
		outcome := string(r.verdict.Outcome)
		for _, f := range r.verdict.FailedEndpoints {
			rows = append(rows, []string{r.id, outcome, cell(f.AgentID), "failed", cell(string(f.Status)), cell(f.Error)})
		}
		for _, agentID := range r.verdict.PendingEndpoints {
			rows = append(rows, []string{r.id, outcome, cell(agentID), "pending", "", ""})
		}
	}
	return out.WriteAll(rows)
}

// cell keeps a spreadsheet from taking text from outside for a formula: with a quote in front it stays text.
//
// Source: https://owasp.org/www-community/attacks/CSV_Injection
func cell(text string) string {
	if strings.IndexAny(text, "=+-@\t\r\n＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}

func printTable(w io.Writer, v handler.Verdict) error {
	paint := painter(w)
	elapsed := time.Duration(v.ElapsedSeconds) * time.Second
	fmt.Fprintf(w, "%s (%s) after %s: %s\n", paint(v.Outcome, string(v.Outcome)), v.Reason, elapsed, counts(v.Endpoints))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range v.FailedEndpoints {
		fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  failed\t%s\t%s\t%s", f.AgentID, f.Status, f.Error), "\t"))
	}
	for _, agentID := range v.PendingEndpoints {
		fmt.Fprintf(table, "  pending\t%s\n", agentID)
	}
	if v.Truncated {
		fmt.Fprintln(table, "  … and more; the counts above are complete")
	}
	return table.Flush()
}

func counts(e handler.Endpoints) string {
	s := fmt.Sprintf("%d endpoints, %d succeeded, %d failed, %d pending", e.Total, e.Succeeded, e.Failed, e.Pending)
	if e.Missing > 0 {
		s += fmt.Sprintf(" (%d missing)", e.Missing)
	}
	return s
}

// painter colours an outcome on a terminal, unless NO_COLOR is set (https://no-color.org).
func painter(w io.Writer) func(handler.Outcome, string) string {
	if os.Getenv("NO_COLOR") != "" || !isTerminal(w) {
		return func(_ handler.Outcome, text string) string { return text }
	}
	colour := map[handler.Outcome]int{handler.Done: 32, handler.Pending: 33, handler.Failed: 31}
	return func(o handler.Outcome, text string) string {
		return "\x1b[" + strconv.Itoa(colour[o]) + "m" + text + "\x1b[0m"
	}
}

// isTerminal reports whether lines may be drawn over there.
func isTerminal(w io.Writer) bool {
	return os.Getenv("TERM") != "dumb" && term.IsTerminal(descriptor(w))
}

// descriptor is that of a file, and -1 for anything else.
func descriptor(file any) int {
	if f, ok := file.(*os.File); ok {
		return int(f.Fd()) //nolint:gosec // it fits
	}
	return -1
}
