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
		for i, r := range s.Retry {
			last := i == len(s.Retry)-1
			if slices.Contains(r.ErrorEquals, asl.Wildcard) != last || last && len(r.ErrorEquals) != 1 {
				t.Errorf("%s: entry %d of %d is %q", name, i+1, len(s.Retry), r.ErrorEquals)
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
