package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

func parsed(t *testing.T, source []byte) asl.Machine {
	t.Helper()
	m, err := asl.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The engines must get the workflow itself, with other numbers of seconds.
func TestScalingLeavesTheStructure(t *testing.T) {
	t.Parallel()
	raw, err := scaled(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	filled, err := asl.Fill(statemachine.Source, map[string]string{
		"StatusFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:status", "EventBusName": busName,
	})
	if err != nil {
		t.Fatal(err)
	}
	got, want := parsed(t, raw), parsed(t, filled)
	if reflect.DeepEqual(got.States["Check"].Retry, want.States["Check"].Retry) {
		t.Error("the retries are not scaled")
	}
	for _, m := range []asl.Machine{got, want} {
		for name, s := range m.States {
			s.TimeoutSeconds, s.Parameters, s.ResultSelector = 0, nil, nil // as text these differ in spaces
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

func steps(text string) trace {
	t := trace{Status: succeeded}
	for line := range strings.SplitSeq(text, ",") {
		fields := append(strings.Fields(line), "")
		t.Steps = append(t.Steps, step{Kind: fields[0], State: fields[1], Error: fields[2]})
	}
	return t
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	c := coverage{parsed(t, statemachine.Source), map[string]int{}}
	if err := c.add(steps("entered Begin,entered Check,retried Check XDR.Throttled,entered Decide")); err != nil {
		t.Fatal(err)
	}
	line, missing := c.report()
	if line != "states 3/6, transitions 2/8, retriers 1/4" || len(missing) != 12 {
		t.Error(line, missing)
	}
	refused := steps("entered Begin,entered Check")
	refused.Status, refused.Error = failed, "XDR.Unavailable"
	for _, wrong := range []trace{
		refused,
		steps("entered Begin,entered Done"),
		steps("entered Check,caught Check XDR.Rejected,entered Done"),
		steps("entered Check,retried Check XDR.Rejected"),
		steps("entered Decide,entered Announce"), // without a verdict
	} {
		if err := c.add(wrong); err == nil {
			t.Errorf("%+v passed", wrong)
		}
	}
}
