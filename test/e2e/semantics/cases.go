package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

var (
	pending = front.Reply{Outcome: handler.Pending, Reason: handler.InProgress}
	done    = front.Reply{Outcome: handler.Done, Reason: handler.AllSucceeded}
	lost    = front.Reply{Outcome: handler.Failed, Reason: handler.EndpointsFailed}
)

// taskLimit is the time limit of a task in the cases where it runs out; slow is longer.
const (
	taskLimit = 2
	slow      = 4 * time.Second
)

// attempts is how often a state is tried before its error is caught, of one retrier.
const attempts = 1 + 6

// scripted are the cases in which the function is a script.
func scripted(m asl.Machine) []testCase {
	cases := slices.Concat(ends(), announcements())
	for _, e := range m.Edges() {
		name, ok := strings.CutPrefix(e.Why, "catch ")
		switch {
		case !ok || e.From != "Check":
		case e.To == "OutageWait":
			cases = append(cases, recovers(name), outage(name))
		case name == asl.Wildcard:
			cases = append(cases, final("Surprise.Unheard"), final("NotResponding"))
		default:
			cases = append(cases, final(name))
		}
	}
	return append(cases, changingOutage())
}

func ends() []testCase {
	return []testCase{
		{name: "done", replies: []front.Reply{pending, pending, done},
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 3, announced: 1,
				states: "Begin Check Decide Wait Check Decide Wait Check Decide Announce Judge Done", pause: 2 * time.Second}},
		{name: "failed", replies: []front.Reply{pending, lost},
			want: want{status: failed, err: "XDR.ActionFailed", cause: `"verdict":"failed"`, calls: 2, announced: 1,
				states: "Begin Check Decide Wait Check Decide Announce Judge Failed", pause: time.Second},
			differs: noIntrinsicInFail(2, 1, "Begin Check Decide Wait Check Decide Announce Judge Failed")},
		{name: "deadline in the function", replies: []front.Reply{pending, {Outcome: handler.Failed, Reason: handler.DeadlineExceeded}},
			want: want{status: failed, err: "XDR.ActionFailed", cause: `"reason":"deadline_exceeded"`, calls: 2, announced: 1,
				states: "Begin Check Decide Wait Check Decide Announce Judge Failed", pause: time.Second},
			differs: noIntrinsicInFail(2, 1, "Begin Check Decide Wait Check Decide Announce Judge Failed")},
		{name: "deadline of the machine", replies: []front.Reply{pending, {Outcome: handler.Done, Delay: 20 * time.Second}}, limits: limits{machine: 4},
			want: want{status: timedOut, calls: 2, states: "Begin Check Decide Wait Check", pause: time.Second}},
		{name: "outage until the machine's end", replies: []front.Reply{{Error: "XDR.Unavailable", Delay: time.Second}}, limits: limits{machine: 4},
			want: want{status: timedOut, states: "Begin Check", loops: true}},
		{name: "verdict unknown to Decide", replies: []front.Reply{{Outcome: "perhaps"}},
			want: want{status: failed, err: "States.NoChoiceMatched", calls: 1, states: "Begin Check Decide"}, differs: noChoiceIsRuntime},
		{name: "started_at given", replies: []front.Reply{pending, done}, input: map[string]any{"started_at": "2001-01-01T00:00:00Z", "tenant": "acme"},
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 2, announced: 1,
				states: "Begin Check Decide Wait Check Decide Announce Judge Done", pause: time.Second}},
	}
}

// announcements are the ways in which nobody can be told. The verdict stands all the same.
func announcements() []testCase {
	refused := front.Reply{Error: "InternalFailure"}
	throttled := front.Reply{Error: "ThrottlingException", Status: 400}
	return []testCase{
		{name: "PutEvents refuses twice", replies: []front.Reply{done}, events: []front.Reply{refused, refused, {}},
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 1, announced: 3, states: toDone}},
		{name: "PutEvents refuses for ever", replies: []front.Reply{done}, events: []front.Reply{refused},
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 1, announced: 5, attempts: 5, states: toDone}},
		{name: "PutEvents is throttled for ever", replies: []front.Reply{lost}, events: []front.Reply{throttled},
			want:    want{status: failed, err: "XDR.ActionFailed", cause: `"verdict":"failed"`, calls: 1, announced: 5, attempts: 5, states: toFailed},
			differs: noIntrinsicInFail(1, 5, toFailed)},
	}
}

func final(name string) testCase {
	return testCase{name: "final " + name, replies: []front.Reply{raised(name)},
		want: want{status: failed, err: name, cause: name + ", call 1", calls: 1, states: noWay}}
}

func recovers(name string) testCase {
	return testCase{name: "recovers " + name, replies: []front.Reply{raised(name), raised(name), done}, limits: limitsFor(name),
		want: want{status: succeeded, cause: `"verdict":"done"`, calls: 3, announced: 1, states: toDone}}
}

// outage outlasts all retries, and once more after the long wait: the attempts begin anew then.
func outage(name string) testCase {
	replies := append(slices.Repeat([]front.Reply{raised(name)}, attempts+1), done)
	return testCase{name: "outage " + name, replies: replies, limits: limitsFor(name),
		want: want{status: succeeded, cause: `"verdict":"done"`, calls: attempts + 2, attempts: attempts, announced: 1, states: afterOut, pause: scaledWait * time.Second}}
}

// changingOutage uses up every retrier before it is caught: attempts are counted for each retrier apart.
func changingOutage() testCase {
	var replies []front.Reply
	for range attempts - 1 {
		replies = append(replies, raised("XDR.Unavailable"), raised("XDR.Throttled"), raised("Runtime.ExitError"))
	}
	replies = append(replies, raised("XDR.CredentialsUnavailable"), done)
	return testCase{name: "outage of changing names", replies: replies,
		want: want{status: succeeded, cause: `"verdict":"done"`, calls: 3*(attempts-1) + 2, attempts: 3*(attempts-1) + 1, announced: 1, states: afterOut, pause: scaledWait * time.Second}}
}

// raised is how an error of this name comes about: by the function, by the Lambda service, or by time passing. On AWS two
// of Lambda's names come from the client inside Step Functions and never from the wire; here they do.
func raised(name string) front.Reply {
	service := map[string]int{
		"TooManyRequestsException": 429, "ServiceException": 500, "AWSLambdaException": 500, "Unknown": 500,
		"SdkClientException": 500, "ClientExecutionTimeoutException": 500,
	}
	if code, ok := strings.CutPrefix(name, "Lambda."); ok {
		status, known := service[code]
		if !known {
			panic(fmt.Sprintf("no way to raise %s", name))
		}
		return front.Reply{Error: code, Status: status}
	}
	if name == "States.Timeout" {
		return front.Reply{Outcome: handler.Done, Delay: slow}
	}
	return front.Reply{Error: name}
}

func limitsFor(name string) limits {
	if name == "States.Timeout" {
		return limits{task: taskLimit}
	}
	return limits{}
}
