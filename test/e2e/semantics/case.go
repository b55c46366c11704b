package main

import (
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// testCase is one execution: what the world does to it, and how it must go.
type testCase struct {
	name string

	replies []front.Reply     // of the function, by script …
	action  *xdrtest.Scenario // … or the real function asks about this action
	events  []front.Reply     // of PutEvents
	input   map[string]any    // beside group_action_id
	limits  limits

	want want
	// differs says, for an engine that is known to differ from AWS, how and why.
	differs map[string]exception
}

// want is what AWS does, by its documentation.
type want struct {
	status    string
	err       string
	cause     string        // part of the cause, or of the output of a success
	states    string        // visited, in order
	calls     int           // of the function
	attempts  int           // that failed before the first error was caught, if not 0
	announced int           // entries offered to PutEvents
	pause     time.Duration // at least, from the first call to the last
	loops     bool          // states has one round of Check, Decide and Wait for any number of them, and calls is not judged
}

type exception struct {
	want   want
	reason string
}

// limits are the time limits of the scaled copy.
type limits struct{ task, machine int }

const (
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMED_OUT"
)

const (
	toDone   = "Begin Check Decide Announce Judge Done"
	toFailed = "Begin Check Decide Announce Judge Failed"
	noWay    = "Begin Check CouldNotFindOut"
	afterOut = "Begin Check OutageWait Check Decide Announce Judge Done"
)
