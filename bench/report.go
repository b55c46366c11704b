package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The generated part of docs/performance.md stands between these lines.
const (
	beginMark = "<!-- begin: make bench -->\n"
	endMark   = "<!-- end: make bench -->\n"
)

// markdown is every table.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMeasured on %s; %d cold starts of each, in turn; shares of a CPU by %s.\n", r.Machine, r.Starts, r.Emulation)
	r.coldTable(&b)
	r.warmTable(&b)
	r.scheduleTables(&b)
	r.memoryTable(&b)
	r.goalTable(&b)
	return b.String() + "\n"
}

func header(b *strings.Builder, title string, columns ...string) {
	fmt.Fprintf(b, "\n### %s\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

func row(b *strings.Builder, cells ...any) {
	b.WriteString("|")
	for _, c := range cells {
		switch v := c.(type) {
		case float64:
			fmt.Fprintf(b, " %s |", number(v))
		case int:
			fmt.Fprintf(b, " %s |", number(float64(v)))
		default:
			fmt.Fprintf(b, " %v |", v)
		}
	}
	b.WriteString("\n")
}

// number has about three digits; what was not measured is a dash.
func number(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func (r *results) coldTable(b *strings.Builder) {
	header(b, "Cold start", "", "binary MB", "zipped MB", "modules", "page faults at first /next", "init × hello", "init + first check × hello",
		"the same × this step", "at 128 MB × this step", "at 128 MB, init at full speed", "at 512 MB × this step", "peak MB")
	ours := r.figure(nameOurs)
	for _, f := range r.Contenders {
		row(b, f.Name, float64(f.BinaryBytes)/mb, float64(f.ZippedBytes)/mb, f.Modules, f.PageFaults, f.Init, f.Cold,
			f.Cold/ours.Cold, f.At128, f.At128Check, f.At512, f.PeakBytes/mb)
	}
}

func (r *results) warmTable(b *strings.Builder) {
	header(b, "Warm checks", "", "p50 × hello", "p99 × hello", "1,000 endpoints × this step", "10,000", "100,000",
		"allocations, 1 endpoint", "100,000", "peak MB, 100,000")
	for _, f := range r.Contenders {
		row(b, f.Name, f.WarmP50, f.WarmP99, f.Checks[1_000], f.Checks[10_000], f.Checks[100_000],
			f.Allocations[1], f.Allocations[100_000], float64(f.PeakBytes100k)/mb)
	}
}

func (r *results) scheduleTables(b *strings.Builder) {
	for _, s := range r.Schedule {
		header(b, "Schedule: "+s.Mix, "", "checks", "billed transitions", "$ for 1,000 waits", "mean lag s", "worst lag s",
			"mean lag, part of the duration", "worst lag × max(5 s, 10 %)", "of 1,000 waits, past the history limit")
		for _, o := range s.Schedules {
			row(b, o.Name, o.Checks, o.Checks*transitions, o.Dollars, o.MeanLag, o.WorstLag, o.RelativeLag, o.OverBound, o.TooLong)
		}
	}
}

func (r *results) memoryTable(b *strings.Builder) {
	header(b, "Memory size", "MB", "init + first check × whole CPU", "warm check, 1 endpoint × whole CPU", "100,000 endpoints × whole CPU",
		"$ for a million checks, 1 endpoint", "100,000 endpoints")
	for _, m := range r.Memory {
		row(b, fmt.Sprint(m.MB), m.Cold, m.Warm, m.Warm100k, m.Dollars, m.Dollars100k)
	}
}

func (r *results) goalTable(b *strings.Builder) {
	header(b, "Goals", "figure", "goal", "measured", "")
	for _, g := range r.Goals {
		met := "missed"
		if g.Met {
			met = "met"
		}
		row(b, g.Figure, g.Goal, g.Measured, met)
	}
}

// save writes docs/performance.json and the tables into docs/performance.md.
func (r *results) save(docs string) error {
	content, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "performance.json"), append(content, '\n'), 0o600); err != nil {
		return err
	}
	page := filepath.Join(docs, "performance.md")
	text, err := os.ReadFile(page) // #nosec G304 -- of the repository
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), beginMark)
	_, tail, ended := strings.Cut(rest, endMark)
	if !ok || !ended {
		return fmt.Errorf("%s: its marks are missing", page)
	}
	return os.WriteFile(page, []byte(head+beginMark+r.markdown()+endMark+tail), 0o600) // #nosec G703 -- the folder that was asked for
}
