package statemachine

import (
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

func machine(t *testing.T) asl.Machine {
	t.Helper()
	m, err := asl.Parse(Source)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryStateIsReachedAndGoesOn(t *testing.T) {
	t.Parallel()
	m := machine(t)
	edges := m.Edges()
	for _, e := range edges {
		if _, ok := m.States[e.To]; !ok {
			t.Errorf("%v: there is no such state", e)
		}
	}
	reached := m.Reachable()
	for name, s := range m.States {
		leaves := slices.ContainsFunc(edges, func(e asl.Edge) bool { return e.From == name })
		if !reached[name] || leaves == (s.Type == "Succeed") {
			t.Errorf("%s (%s) is reached: %v, is left: %v", name, s.Type, reached[name], leaves)
		}
	}
}

func TestEverythingHasATimeLimit(t *testing.T) {
	t.Parallel()
	m := machine(t)
	if m.TimeoutSeconds <= 0 {
		t.Error("the machine has no TimeoutSeconds")
	}
	for name, s := range m.States {
		if (s.Type == "Task") != (s.TimeoutSeconds > 0) {
			t.Errorf("%s (%s) has TimeoutSeconds %d", name, s.Type, s.TimeoutSeconds)
		}
	}
}

// endless is the most attempts that a retrier may have.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const endless = 99_999_999

// An operator can redrive an execution if what failed is the Task Check: a redriven Fail state fails again. So there is
// no Fail state, nothing catches an error of Check, and no error of Announce gets out.
func TestOnlyCheckFails(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for name, s := range m.States {
		if s.Type == "Fail" {
			t.Errorf("%s is a Fail state", name)
		}
	}
	if c := m.States["Check"].Catch; c != nil {
		t.Errorf("Check catches %+v", c)
	}
	if e, ok := m.Caught("Announce", "Something.New"); !ok || e.To != "Done" {
		t.Errorf("an error of Announce leads to %q", e.To)
	}
}

func TestCheckIsRetriedAsLongAsTheMachineLives(t *testing.T) {
	t.Parallel()
	retriers := machine(t).States["Check"].Retry
	if len(retriers) != 3 {
		t.Fatalf("Check has %d retriers", len(retriers))
	}
	if r := retriers[0]; r.MaxAttempts != 0 || r.IntervalSeconds != 0 {
		t.Errorf("the first retrier is not for the final errors: %+v", r)
	}
	for _, r := range retriers[1:] {
		// A deadline is kept within five minutes: the longest delay, and the time of a check.
		if r.MaxAttempts != endless || r.MaxDelaySeconds > 280 || r.BackoffRate < 2 || r.IntervalSeconds < 1 {
			t.Errorf("%+v", r)
		}
	}
}

// Waits that fail together must not come back together.
func TestRetriersHaveJitter(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		for i, r := range s.Retry {
			if r.MaxAttempts > 0 && (r.JitterStrategy != "FULL" || r.MaxDelaySeconds <= r.IntervalSeconds) {
				t.Errorf("%s: Retry[%d] %+v", name, i, r)
			}
		}
	}
}

// The language wants the wildcard alone in the last entry; AWS refuses another order only when it deploys.
func TestWildcardStandsAloneAndLast(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		var entries [][]string
		for _, r := range s.Retry {
			entries = append(entries, r.ErrorEquals)
		}
		for i, names := range entries {
			if last := i == len(entries)-1; slices.Contains(names, asl.Wildcard) != last || last && len(names) != 1 {
				t.Errorf("%s: entry %d of %d is %q", name, i+1, len(entries), names)
			}
		}
	}
}

func TestNoErrorNameTwiceInAState(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for _, r := range m.Retries() {
		if first, _ := m.Retried(r.State, r.Error); first != r {
			t.Errorf("%v never comes to it: %v", r, first)
		}
	}
}

func TestMermaidDrawsEveryEdge(t *testing.T) {
	t.Parallel()
	m := machine(t)
	drawn := m.Mermaid()
	for _, e := range m.Edges() {
		if !strings.Contains(drawn, "  "+e.From+" --> "+e.To) {
			t.Errorf("%v is not drawn in\n%s", e, drawn)
		}
	}
}
