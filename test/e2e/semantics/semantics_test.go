package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// unscaled is a definition, or a part of it, without the numbers that are scaled.
func unscaled(part any) any {
	switch part := part.(type) {
	case map[string]any:
		for key, value := range part {
			part[key] = unscaled(value)
		}
		for _, key := range []string{"TimeoutSeconds", "IntervalSeconds", "MaxDelaySeconds"} {
			delete(part, key)
		}
	case []any:
		for i, value := range part {
			part[i] = unscaled(value)
		}
	}
	return part
}

// The engines must get the workflow itself, with other numbers of seconds.
func TestScalingLeavesTheStructure(t *testing.T) {
	t.Parallel()
	got, err := scaled(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	want, err := asl.Fill(statemachine.Source, substitutions)
	if err != nil {
		t.Fatal(err)
	}
	if same(got, want) || !reflect.DeepEqual(unscaled(decoded(got)), unscaled(decoded(want))) {
		t.Errorf("got %s\nwant %s", got, want)
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
	m, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	c := coverage{m, map[string]int{}}
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
