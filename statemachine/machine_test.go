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

func TestEveryStateIsReachedAndEveryNextExists(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for _, e := range m.Edges() {
		if _, ok := m.States[e.To]; !ok {
			t.Errorf("%v: there is no such state", e)
		}
	}
	reached := m.Reachable()
	for _, name := range m.Names() {
		if !reached[name] {
			t.Errorf("%s cannot be reached", name)
		}
	}
	if _, ok := m.States[m.StartAt]; !ok {
		t.Errorf("StartAt %q does not exist", m.StartAt)
	}
}

func TestEveryStateGoesOnOrEnds(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for name, s := range m.States {
		ends := s.Type == "Succeed" || s.Type == "Fail"
		goesOn := s.Next != "" || s.Type == "Choice" && len(s.Choices) > 0
		leaves := slices.ContainsFunc(m.Edges(), func(e asl.Edge) bool { return e.From == name })
		if ends == goesOn || ends && leaves {
			t.Errorf("%s (%s) ends: %v, goes on: %v", name, s.Type, ends, goesOn)
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

func TestRetriers(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		for i, r := range s.Retry {
			switch {
			case r.JitterStrategy != "FULL":
				t.Errorf("%s: Retry[%d] has JitterStrategy %q", name, i, r.JitterStrategy)
			case r.MaxDelaySeconds <= r.IntervalSeconds || r.IntervalSeconds < 1 || r.BackoffRate < 1 || r.MaxAttempts < 1:
				t.Errorf("%s: Retry[%d] %+v", name, i, r)
			}
		}
	}
}

// The language wants the wildcard alone in the last entry; AWS refuses another order only when it deploys.
func TestWildcardStandsAloneAndLast(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		var retried, caught [][]string
		for _, r := range s.Retry {
			retried = append(retried, r.ErrorEquals)
		}
		for _, c := range s.Catch {
			caught = append(caught, c.ErrorEquals)
		}
		for _, entries := range [][][]string{retried, caught} {
			for i, names := range entries {
				if slices.Contains(names, asl.Wildcard) && (len(names) != 1 || i != len(entries)-1) {
					t.Errorf("%s: %s in %q, entry %d of %d", name, asl.Wildcard, names, i, len(entries))
				}
			}
		}
		if s.Type == "Task" && (len(caught) == 0 || caught[len(caught)-1][0] != asl.Wildcard) {
			t.Errorf("%s lets an unknown error pass without a word", name)
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
	for _, e := range m.Edges() {
		name, ok := strings.CutPrefix(e.Why, "catch ")
		if first, _ := m.Caught(e.From, name); ok && first != e {
			t.Errorf("%v never comes to it: %v", e, first)
		}
	}
}

// That a wait is an integer is decided by the type in State and, for wait_seconds, in handler.Verdict.
func TestWaits(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		fixed, given := s.Seconds != nil, s.SecondsPath != ""
		switch {
		case (s.Type == "Wait") != (fixed != given):
			t.Errorf("%s (%s) waits for %v or %q", name, s.Type, s.Seconds, s.SecondsPath)
		case fixed && (*s.Seconds < 1 || *s.Seconds > 99_999_999):
			t.Errorf("%s waits for %d seconds", name, *s.Seconds)
		case given && s.SecondsPath != "$.check.Payload.wait_seconds":
			t.Errorf("%s waits for %s", name, s.SecondsPath)
		}
	}
}

// What a task puts into the state must not replace the request, which the next check needs.
func TestTasksKeepTheRequest(t *testing.T) {
	t.Parallel()
	for name, s := range machine(t).States {
		if path := string(s.ResultPath); s.Type == "Task" && path != "null" && !strings.HasPrefix(path, `"$.`) {
			t.Errorf("%s has ResultPath %q", name, path)
		}
		for _, c := range s.Catch {
			if c.ResultPath != "$.error" {
				t.Errorf("%s puts a caught error into %q", name, c.ResultPath)
			}
		}
	}
}
