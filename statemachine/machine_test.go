package statemachine

import (
	"maps"
	"slices"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
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
	reached := []string{m.StartAt}
	for i := 0; i < len(reached); i++ {
		for _, e := range edges {
			if e.From == reached[i] && !slices.Contains(reached, e.To) {
				reached = append(reached, e.To)
			}
		}
	}
	slices.Sort(reached)
	if !slices.Equal(reached, m.Names()) {
		t.Errorf("the states that are reached are %q, and there are %q", reached, m.Names())
	}
	for name, s := range m.States {
		leaves := slices.ContainsFunc(edges, func(e asl.Edge) bool { return e.From == name })
		if leaves == (s.Type == "Succeed") {
			t.Errorf("%s (%s) is left: %v", name, s.Type, leaves)
		}
	}
}

func TestEverythingHasItsLimits(t *testing.T) {
	t.Parallel()
	m := machine(t)
	if m.TimeoutSeconds <= 0 {
		t.Error("the machine has no TimeoutSeconds")
	}
	for name, s := range m.States {
		if (s.Type == "Task") != (s.TimeoutSeconds > 0) {
			t.Errorf("%s (%s) has TimeoutSeconds %d", name, s.Type, s.TimeoutSeconds)
		}
		if len(s.Catch) > 0 && s.Catch[0].ResultPath != "" {
			t.Errorf("%s: an error may have no room in the state beside a request and a verdict", name)
		}
	}
}

// Waits that fail together must not come back together, and no error name comes twice. The language wants the wildcard
// alone in the last entry; AWS refuses another order only when it deploys.
func TestRetriers(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for name, s := range m.States {
		for i, r := range s.Retry {
			if r.MaxAttempts > 0 && (r.JitterStrategy != "FULL" || r.MaxDelaySeconds <= r.IntervalSeconds) {
				t.Errorf("%s: Retry[%d] %+v", name, i, r)
			}
			last := i == len(s.Retry)-1
			if slices.Contains(r.ErrorEquals, asl.Wildcard) != last || last && len(r.ErrorEquals) != 1 {
				t.Errorf("%s: entry %d of %d is %q", name, i+1, len(s.Retry), r.ErrorEquals)
			}
			for _, e := range r.ErrorEquals {
				if first, _ := m.Retried(name, e); first.Index != i {
					t.Errorf("%s: Retry[%d] never comes to %s: Retry[%d] does", name, i, e, first.Index)
				}
			}
		}
	}
}

// Decide has no default: what is no verdict must not be announced as one.
func TestEveryVerdictHasOneChoice(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		string(handler.Pending): "Wait", string(handler.Done): "Announce", string(handler.Failed): "Announce",
	}
	got := map[string]string{}
	decide := machine(t).States["Decide"]
	for _, rule := range decide.Choices {
		got[rule.StringEquals] = rule.Next
		if rule.Variable != "$.wait.previous.verdict" {
			t.Errorf("Decide reads %s", rule.Variable)
		}
	}
	if !maps.Equal(got, want) || len(decide.Choices) != len(want) || decide.Default != "" {
		t.Errorf("%+v, want %v", decide, want)
	}
	if outcomes := constants(t, "Outcome"); !slices.Equal(slices.Sorted(maps.Keys(want)), outcomes) {
		t.Errorf("Decide knows %v, and pkg/handler %q", want, outcomes)
	}
}
