package main

import "github.com/soarstep/xdr-action-status/internal/xdrtest"

// testCase is one execution: what the world does to it, and how it must go.
type testCase struct {
	name    string
	input   string            // ID stands for the action's id
	replies []reply           // of the function: one for each call, the last for all further ones …
	action  *xdrtest.Scenario // … or the real function asks about this action
	events  []reply           // of PutEvents, in the same way; none means that all are accepted

	task, machine int // time limits in seconds, where they must run out

	want    want
	differs map[string]difference // by engine
}

// want is what AWS does, by its documentation.
type want struct {
	status, err string
	says        string // part of the output or of the cause
	states      string // visited, in order: a regular expression
	calls       int    // of the function; 0 means any
	announced   int    // entries offered to PutEvents
	again       bool   // a second start under its name was refused, or found the execution while it ran
}

// difference is how an engine is known to differ from AWS. It is demanded: once the engine does as AWS does, the run
// says so. Beside these,
//
//   - moto lets States.ALL match States.Runtime and States.DataLimitExceeded;
//   - aws-local-stepfunctions has no service integrations (als.mjs stands in for both), and its events are its own:
//     histories are counted on moto only;
//   - errors that come from inside Step Functions, such as Lambda.SdkClientException, come from Lambda here;
//   - none limits the history, keeps a name for 90 days or can redrive.
type difference struct {
	want   want
	reason string
}

// The engines.
const (
	motoName = "moto"
	alsName  = "aws-local-stepfunctions"
)

const (
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMED_OUT"
)

// What the states must be.
const (
	onlyID    = `{"group_action_id": ID}`
	toDone    = "Begin Check Decide Announce Done"
	afterWait = "Begin Check Decide Wait Check Decide Announce Done"
	anyWaits  = "Begin (Check Decide Wait )+Check Decide Announce Done"
	cannotSay = "Begin Check"
)
