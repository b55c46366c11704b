package main

import (
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

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
