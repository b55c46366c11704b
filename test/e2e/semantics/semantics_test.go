package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

func parsed(t *testing.T) asl.Machine {
	t.Helper()
	m, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The engines must get the workflow itself, with other numbers of seconds.
func TestScalingLeavesTheStructure(t *testing.T) {
	t.Parallel()
	raw, err := scaled(limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := asl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := parsed(t)
	if reflect.DeepEqual(got.States["Check"].Retry, want.States["Check"].Retry) {
		t.Error("the retries are not scaled")
	}
	for _, m := range []asl.Machine{got, want} {
		for name, s := range m.States {
			s.TimeoutSeconds, s.Seconds, s.Parameters, s.ResultPath, s.ResultSelector = 0, nil, nil, nil, nil
			for i := range s.Retry {
				s.Retry[i].IntervalSeconds, s.Retry[i].MaxDelaySeconds = 0, 0
			}
			m.States[name] = s
		}
	}
	got.TimeoutSeconds, want.TimeoutSeconds = 0, 0
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	c := newCoverage(parsed(t))
	good := trace{Steps: []step{
		{Kind: entered, State: "Begin"}, {Kind: entered, State: "Check"},
		{Kind: broke, State: "Check", Error: "XDR.Throttled"}, {Kind: retried, State: "Check", Error: "XDR.Throttled"},
		{Kind: broke, State: "Check", Error: "XDR.Rejected"}, {Kind: caught, State: "Check", Error: "XDR.Rejected"},
		{Kind: entered, State: "CouldNotFindOut"},
	}}
	if err := c.add(good); err != nil {
		t.Fatal(err)
	}
	line, missing := c.report()
	if !strings.HasPrefix(line, "states 3/10, transitions 2/") || !strings.Contains(line, "retriers 1/") || len(missing) == 0 {
		t.Error(line, missing)
	}
	for _, wrong := range []trace{
		{Steps: []step{{Kind: entered, State: "Begin"}, {Kind: entered, State: "Done"}}},
		{Steps: []step{{Kind: entered, State: "Check"}, {Kind: caught, State: "Check", Error: "XDR.Rejected"}, {Kind: entered, State: "OutageWait"}}},
		{Steps: []step{{Kind: entered, State: "Check"}, {Kind: retried, State: "Check", Error: "XDR.Rejected"}}},
		{Steps: []step{{Kind: entered, State: "Judge", Input: json.RawMessage(`{"check":{"Payload":{"verdict":"done"}}}`)}, {Kind: entered, State: "Failed"}}},
	} {
		if err := c.add(wrong); err == nil {
			t.Errorf("%+v passed", wrong)
		}
	}
}

func TestEveryWayOutOfCheckHasACase(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range append(scripted(parsed(t)), real()...) {
		if names[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		names[c.name] = true
	}
	for _, r := range parsed(t).Retries() {
		if r.State == "Check" && (!names["recovers "+r.Error] || !names["outage "+r.Error]) {
			t.Errorf("%v has no case", r)
		}
	}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	events := strings.Fields(`ExecutionStarted TaskStateEntered TaskSucceeded WaitStateEntered TaskStateEntered TaskSucceeded
		TaskStateEntered ExecutionSucceeded`)
	if got := rounds(events); !reflect.DeepEqual(got, []int{1, 3, 4}) {
		t.Error(got)
	}
}
