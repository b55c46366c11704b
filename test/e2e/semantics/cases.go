package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// testCase is what the world does to an execution, and how it must go.
type testCase struct {
	name    string
	request string            // ID stands for the action's id
	replies []reply           // of the function: one for each call, the last for all further ones …
	real    *xdrtest.Scenario // … or the real function asks about this action

	refusals  int  // of PutEvents, before it accepts the event
	byService bool // … as a whole, and not the entry in it

	task, machine int // time limits in seconds, where they must run out

	want want
}

// reply is one answer of the function: the members of a verdict, or an error, which is Lambda's where its name says so.
type reply struct {
	verdict, err string
	delay        time.Duration
}

// want is what AWS does, by its documentation; where both engines differ from that, it is what they do.
type want struct {
	status, err string
	says        string // part of the output or of the cause
	states      string // visited, in order: a regular expression
	calls       int    // of the function; 0 means any
	announced   int    // entries offered to PutEvents
	again       bool   // a second start under its name is refused, or finds the execution while it runs
}

const (
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMED_OUT"
)

// What the states must be.
const (
	toDone    = "Begin Check Decide Announce Done"
	afterWait = "Begin Check Decide Wait Check Decide Announce Done"
	anyWaits  = "Begin (Check Decide Wait )+Check Decide Announce Done"
	cannotSay = "Begin Check"
)

// done is a wait that ends with a verdict, which says this, after so many calls.
func done(says, states string, calls int) want {
	return want{status: succeeded, says: says, states: states, calls: calls, announced: 1}
}

const (
	onlyID = `{"group_action_id": ID}`
	limit  = 8 // seconds, of what must run out
)

var (
	pending   = reply{verdict: `"verdict": "pending", "reason": "in_progress", "wait_seconds": 2`}
	success   = reply{verdict: `"verdict": "done", "reason": "all_succeeded", "wait_seconds": 0`}
	lost      = reply{verdict: `"verdict": "failed", "failed_endpoints": [{"error": "\"a\" <b> é"}]`}
	late      = reply{err: "Nobody.Hears", delay: runTimeout} // where there is a limit
	outage    = reply{err: "XDR.Unavailable"}
	throttled = reply{err: "XDR.Throttled"}
)

// allCases are those of the errors that the file decides about, and all others.
func allCases(errorsTSV string) ([]testCase, error) {
	decided, err := os.ReadFile(errorsTSV) //nolint:gosec // in the repository
	if err != nil {
		return nil, err
	}
	cases := slices.Concat(ends(), inputs(), announcements(), real())
	cases = append(cases, recovers("Surprise.Unheard"), recovers("Lambda.BrandNewException"))
	for line := range strings.Lines(string(decided)) {
		fields := strings.Split(line, "\t")
		switch name := fields[0]; {
		case fields[1] == "decision" || strings.HasPrefix(name, "States.") && name != "States.Timeout":
			// the heading, and what only an engine itself can raise
		case fields[1] == "final":
			says := message(strings.TrimPrefix(name, "Lambda."), 1)
			cases = append(cases, testCase{name: "final " + name, request: onlyID, replies: []reply{{err: name}, success},
				want: want{status: failed, err: name, says: says, states: cannotSay, calls: 1}})
		default:
			cases = append(cases, recovers(name))
		}
	}
	return cases, nil
}

// recovers is a case whose first attempt fails, and whose second answers.
func recovers(name string) testCase {
	c := testCase{name: "recovers " + name, request: onlyID, replies: []reply{{err: name}, success},
		want: done(`"verdict":"done"`, toDone, 2)}
	if name == "States.Timeout" {
		c.replies[0] = late
		c.task = limit
	}
	return c
}

func ends() []testCase {
	errs := []reply{outage, throttled, {err: "Runtime.ExitError"}, {err: "Lambda.TooManyRequestsException"}}
	errs = slices.Repeat(errs, 3)
	again := done("all_succeeded", anyWaits, 7)
	again.again = true
	return []testCase{
		{name: "pending many times, and started again", request: onlyID, want: again,
			replies: append(slices.Repeat([]reply{pending}, 6), success)},
		{name: "failed", request: onlyID, replies: []reply{pending, lost}, want: done(`"verdict":"failed"`, afterWait, 2)},
		{name: "many errors in a row", request: onlyID, want: done("all_succeeded", afterWait, 17),
			replies: slices.Concat(errs, []reply{pending}, errs[:3], []reply{success})},
		{name: "final after errors", request: onlyID,
			replies: slices.Concat(errs, []reply{pending}, errs[:2], []reply{{err: "XDR.TimedOut"}}),
			want:    want{status: failed, err: "XDR.TimedOut", states: "Begin Check Decide Wait Check", calls: 16}},
		{name: "time limit of the machine", request: onlyID, replies: []reply{pending, late}, machine: limit,
			want: want{status: timedOut, states: "Begin Check Decide Wait Check"}},
		{name: "outage until the machine's limit", request: onlyID, machine: limit,
			replies: []reply{{err: "XDR.Unavailable", delay: time.Second}}, want: want{status: timedOut, states: cannotSay}},
	}
}

// inputs are requests whose members the workflow has to keep, to add or to replace.
func inputs() []testCase {
	list := []testCase{
		{name: "started_at given", request: `{"group_action_id": ID, "started_at": "2001-01-01T00:00:00Z", "context": null}`},
		{name: "execution and previous given",
			request: `{"group_action_id": ID, "execution": "mine", "previous": {"verdict": "mine"}}`},
		{name: "envelope", request: `{"version": "0", "id": "e", "detail-type": "Action Started", "source": "soar",
			"account": "1", "time": "2001-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
			"detail": {"group_action_id": ID, "tenant": "acme"}}`},
		{name: "190 KB beside it", request: `{"group_action_id": ID, "alert": "` + strings.Repeat("x", 190_000) + `"}`},
	}
	for i := range list {
		list[i].replies = []reply{pending, outage, success}
		list[i].want = done("all_succeeded", afterWait, 3)
	}
	return append(list, testCase{name: "input that is no object", request: `[ID]`,
		want: want{status: failed, err: "States.Runtime", states: cannotSay}}) // AWS: States.IntrinsicFailure
}

// announcements are the ways in which an event cannot be sent. The verdict stands all the same.
func announcements() []testCase {
	const ever = 1000
	stands := done(`"verdict":"failed"`, toDone, 1)
	twice := stands
	twice.announced = 3
	stands.announced = 5
	list := []testCase{
		{name: "PutEvents refuses twice", refusals: 2, want: twice},
		{name: "PutEvents refuses for ever", refusals: ever, want: stands},
		{name: "PutEvents is throttled for ever", refusals: ever, byService: true, want: stands},
	}
	for i := range list {
		list[i].request = onlyID
		list[i].replies = []reply{lost}
	}
	return list
}

// real are the cases in which the function is the built bootstrap, in front of a simulated tenant.
func real() []testCase {
	const (
		all    = "COMPLETED_SUCCESSFULLY"
		second = `{"group_action_id": ID, "timeout_seconds": 2}`
		dated  = `{"group_action_id": ID, "started_at": "2001-01-01T00:00:00Z"}`
		event  = `{"detail-type": "a", "source": "b", "time": "2001-01-01T00:00:00Z", "detail": {"group_action_id": ID}}`
	)
	twice := func(status int) *xdrtest.Scenario {
		return action(0, all, xdrtest.Fault{From: 1, To: 2, Status: status})
	}
	endless := action(1000, all)
	retried := done("all_succeeded", toDone, 3)
	list := []testCase{
		{name: "done", request: onlyID, real: action(0.5, all), want: done("all_succeeded", afterWait, 2)},
		{name: "failed", request: onlyID, real: action(0, "EXPIRED"), want: done(`"EXPIRED":2`, toDone, 1)},
		{name: "deadline", request: second, real: endless, want: done("deadline_exceeded", anyWaits, 0)},
		{name: "started_at honoured", request: dated, real: endless, want: done("deadline_exceeded", toDone, 1)},
		{name: "time of the envelope honoured", request: event, real: endless, want: done("deadline_exceeded", toDone, 1)},
		{name: "deadline in an outage", request: second, real: action(0, all, xdrtest.Fault{Status: 503}),
			want: want{status: failed, err: "XDR.TimedOut", says: "XDR.Unavailable", states: cannotSay}},
		{name: "bad request", request: `{"group_action_id": ID, "policy": {"typo": 1}}`, real: endless,
			want: want{status: failed, err: "XDR.InvalidRequest", says: "typo", states: cannotSay, calls: 1}},
		{name: "no such secret", request: `{"group_action_id": ID, "tenant": "nobody"}`, real: endless,
			want: want{status: failed, err: "XDR.CredentialsInvalid", says: "does not exist", states: cannotSay, calls: 1}},
		{name: "503 twice", request: onlyID, real: twice(503), want: retried},
		{name: "429 twice", request: onlyID, real: twice(429), want: retried},
	}
	for i := range list {
		list[i].name = "real: " + list[i].name
	}
	return list
}

// action runs on two endpoints and gets to the status after that many seconds.
func action(seconds float64, status string, faults ...xdrtest.Fault) *xdrtest.Scenario {
	timeline := []xdrtest.Step{{At: seconds, Status: status}}
	if seconds > 0 {
		timeline = append([]xdrtest.Step{{Status: "IN_PROGRESS"}}, timeline...)
	}
	return &xdrtest.Scenario{Agents: []xdrtest.Agent{{Count: 2, Timeline: timeline}}, Faults: faults}
}
