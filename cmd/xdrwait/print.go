package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// print writes the last verdicts in the form that was asked for: a table to read, JSON documents one after the other,
// or CSV.
func (o *options) print(w io.Writer, ends []state) error {
	if o.output == "csv" {
		return printCSV(w, ends)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	var err error
	for _, s := range ends {
		switch {
		case s.verdict == nil:
		case o.output == "json":
			err = cmp.Or(err, enc.Encode(s.verdict))
		default:
			if len(ends) > 1 {
				fmt.Fprintf(w, "action %s: ", s.id)
			}
			err = cmp.Or(err, printTable(w, *s.verdict))
		}
	}
	return err
}

// printCSV writes a row for each action, and after it one for each endpoint that its verdict lists.
func printCSV(w io.Writer, ends []state) error {
	rows := [][]string{{
		"group_action_id", "verdict", "reason", "endpoints", "succeeded", "failed", "pending",
		"agent_id", "counts_as", "status", "note",
	}}
	add := func(cells ...any) {
		row := make([]string, len(rows[0]))
		for i, value := range cells {
			row[i] = cell(fmt.Sprint(value))
		}
		rows = append(rows, row)
	}
	for _, s := range ends {
		v := s.verdict
		if v == nil {
			add(s.id, "", "", "", "", "", "", "", "", "", inFlags(s.err.Error()))
			continue
		}
		note, _ := unknown(*v)
		note = strings.TrimPrefix(note, " · ")
		if v.Truncated {
			note = strings.TrimPrefix(note+"; "+listed(*v), "; ")
		}
		e := v.Endpoints
		add(s.id, v.Outcome, v.Reason, e.Total, e.Succeeded, e.Failed, e.Pending, "", "", "", note)
		for _, f := range v.FailedEndpoints {
			add(s.id, v.Outcome, v.Reason, "", "", "", "", f.AgentID, "failed", f.Status, f.Error)
		}
		for _, agentID := range v.PendingEndpoints {
			add(s.id, v.Outcome, v.Reason, "", "", "", "", agentID, "pending")
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
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
	elapsed := time.Duration(v.ElapsedSeconds) * time.Second
	fmt.Fprintf(w, "%s (%s) after %s: %s\n", coloured(w, v.Outcome), v.Reason, elapsed, counts(v.Endpoints))
	if v.Reason == handler.ActionNotFound {
		fmt.Fprintln(w, "  the API names no endpoint of this action: are the id and the tenant right?")
	}
	if v.Endpoints.Pending > 0 {
		fmt.Fprintln(w, "  still pending:", pending(v))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range v.FailedEndpoints {
		fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  failed\t%s\t%s\t%s", f.AgentID, f.Status, f.Error), "\t"))
	}
	for _, agentID := range v.PendingEndpoints {
		fmt.Fprintf(table, "  pending\t%s\n", agentID)
	}
	if v.Truncated {
		fmt.Fprintln(table, "  … "+listed(v))
	}
	return table.Flush()
}

// listed says how much of a verdict that was cut is listed. The counts are whole.
func listed(v handler.Verdict) string {
	return fmt.Sprintf("cut: %d of %d failed and %d of %d pending endpoints are listed",
		len(v.FailedEndpoints), v.Endpoints.Failed, len(v.PendingEndpoints), v.Endpoints.Pending)
}

func counts(e handler.Endpoints) string {
	if e.Total == 0 {
		return "no endpoints"
	}
	return fmt.Sprintf("%d endpoints, %d succeeded, %d failed, %d pending", e.Total, e.Succeeded, e.Failed, e.Pending)
}

// otherStatus is where a verdict counts unknown statuses beyond those that it names.
const otherStatus = "(other)"

var waiting = []xdr.Status{xdr.StatusPending, xdr.StatusInProgress, xdr.StatusPendingAbort}

// pending tells with which statuses endpoints are pending: all unknown ones, three known ones, and COMPLETED_PARTIAL if
// nothing else explains the rest.
func pending(v handler.Verdict) string {
	var with []string
	rest := v.Endpoints.Pending - v.Endpoints.Missing
	for _, status := range slices.Sorted(maps.Keys(v.Statuses)) {
		name := status
		switch {
		case status == otherStatus, slices.Contains(v.UnknownStatuses, status):
			name = "of unknown status " + status
		case !slices.Contains(waiting, xdr.Status(status)):
			continue
		}
		with = append(with, fmt.Sprintf("%d %s", v.Statuses[status], name))
		rest -= v.Statuses[status]
	}
	if rest > 0 {
		with = append(with, fmt.Sprintf("%d %s", rest, xdr.StatusCompletedPartial))
	}
	if v.Endpoints.Missing > 0 {
		with = append(with, fmt.Sprintf("%d missing", v.Endpoints.Missing))
	}
	return strings.Join(with, ", ")
}

// coloured is an outcome in its colour on a terminal, unless NO_COLOR is set (https://no-color.org).
func coloured(w io.Writer, o handler.Outcome) string {
	if os.Getenv("NO_COLOR") != "" || !isTerminal(w) {
		return string(o)
	}
	colour := map[handler.Outcome]string{handler.Done: "32", handler.Pending: "33", handler.Failed: "31"}
	return "\x1b[" + colour[o] + "m" + string(o) + "\x1b[0m"
}

// isTerminal reports whether lines may be drawn over there. A terminal without a size shows none of them.
func isTerminal(w io.Writer) bool {
	width, height, err := term.GetSize(descriptor(w))
	return os.Getenv("TERM") != "dumb" && err == nil && width > 0 && height > 0
}

// descriptor is that of a file, and -1 for anything else.
func descriptor(file any) int {
	if f, ok := file.(*os.File); ok {
		return int(f.Fd())
	}
	return -1
}
