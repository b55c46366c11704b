package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// checkHistory counts the events of the histories and demands the numbers in statemachine/history.json, with which a test
// there works out the size of a long history. Only an engine with AWS's events can be counted.
func checkHistory(w io.Writer, c config, engines []engine, cases []testCase, results [][]result) error {
	counted, err := count(engines[0], cases, results[0])
	if err != nil {
		return err
	}
	got, err := json.MarshalIndent(counted, "", "  ")
	if err != nil {
		return err
	}
	got = append(got, '\n')
	_, _ = fmt.Fprintf(w, "events of the history on %s: %+v\n", engines[0].name(), counted)
	file := c.root + "/statemachine/history.json"
	if c.write {
		return os.WriteFile(file, got, 0o644) //nolint:gosec // a source file
	}
	want, err := os.ReadFile(file) //nolint:gosec // in the repository
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("statemachine/history.json has other numbers; run with -write if they are right")
	}
	return err
}

// count takes the numbers from three cases.
func count(e engine, cases []testCase, results []result) (asl.Events, error) {
	find := func(name string) []int {
		i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == name })
		return rounds(results[i].trace.events)
	}
	ended, long, changing := find("done"), find("outage XDR.Unavailable"), find("outage of changing names")
	if len(ended) != 4 || len(long) != 3 || len(changing) != 3 {
		return asl.Events{}, fmt.Errorf("histories of unexpected shape: %v, %v, %v", ended, long, changing)
	}
	attempt := (changing[1] - long[1]) / (3*(attempts-1) + 1 - attempts)
	return asl.Events{
		Engine:  e.name() + " " + e.version(),
		Start:   ended[0],
		Loop:    ended[1],
		Attempt: attempt,
		Outage:  long[1] - attempts*attempt,
		End:     ended[3],
	}, nil
}

// rounds are the numbers of events before the first entry into a task, from there to the next, and so on to the end; what
// follows the last check, the announcement included, is one round.
func rounds(events []string) []int {
	counts := []int{0}
	var announcing bool
	for i, kind := range events {
		if kind == "TaskStateEntered" && !announcing {
			counts = append(counts, 0)
			announcing = !slices.Contains(events[i+1:], "WaitStateEntered")
		}
		counts[len(counts)-1]++
	}
	return counts
}
