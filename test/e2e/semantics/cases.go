package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// limit is the time limit, in seconds, of what must run out.
const limit = 4

// allCases are those of the errors that the file decides about, and all others.
func allCases(errorsTSV string) ([]testCase, error) {
	decided, err := os.ReadFile(errorsTSV) //nolint:gosec // in the repository
	if err != nil {
		return nil, err
	}
	cases := slices.Concat(ends(), inputs(), announcements(), real(), recovers("Surprise.Unheard"),
		recovers("Lambda.BrandNewException"))
	for line := range strings.Lines(string(decided)) {
		name, rest, _ := strings.Cut(line, "\t")
		decision, _, _ := strings.Cut(rest, "\t")
		switch {
		case decision == "decision" || strings.HasPrefix(name, "States.") && name != "States.Timeout":
			// the heading, and what only an engine itself can raise
		case decision == "final":
			cases = append(cases, testCase{name: "final " + name, input: onlyID, replies: []reply{raised(name), done},
				want: want{status: failed, err: name, says: raised(name).text(1), states: cannotSay, calls: 1}})
		default:
			cases = append(cases, recovers(name)...)
		}
	}
	return cases, nil
}

// recovers is one case: the first attempt fails, the second answers.
func recovers(name string) []testCase {
	c := testCase{name: "recovers " + name, input: onlyID, replies: []reply{raised(name), done},
		want: want{status: succeeded, says: `"verdict":"done"`, states: toDone, calls: 2, announced: 1}}
	if name == "States.Timeout" {
		c.task = limit
	}
	return []testCase{c}
}

func ends() []testCase {
	var outages []reply
	for range 3 {
		outages = append(outages, raised("XDR.Unavailable"), raised("XDR.Throttled"), raised("Runtime.ExitError"),
			raised("Lambda.TooManyRequestsException"))
	}
	outages = slices.Concat(outages, []reply{pending}, outages[:3], []reply{done})
	again := want{status: succeeded, says: "all_succeeded", states: anyWaits, calls: 7, announced: 1}
	named := again
	named.again = true
	return []testCase{
		{name: "pending many times, and started again", input: onlyID, replies: append(slices.Repeat([]reply{pending}, 6), done), want: named,
			differs: map[string]difference{alsName: {again, "no names of executions"}}},
		{name: "failed", input: onlyID, replies: []reply{pending, lost},
			want: want{status: succeeded, says: `"verdict":"failed"`, states: afterWait, calls: 2, announced: 1}},
		{name: "many errors in a row", input: onlyID, replies: outages,
			want: want{status: succeeded, says: "all_succeeded", states: afterWait, calls: 17, announced: 1}},
		{name: "final after errors", input: onlyID, replies: append(outages[:15:15], raised("XDR.TimedOut")),
			want: want{status: failed, err: "XDR.TimedOut", states: "Begin Check Decide Wait Check", calls: 16}},
		{name: "time limit of the machine", input: onlyID, replies: []reply{pending, late}, machine: limit,
			want: want{status: timedOut, states: "Begin Check Decide Wait Check"}},
		{name: "outage until the machine's limit", input: onlyID, replies: []reply{{err: "XDR.Unavailable", delay: time.Second}}, machine: limit,
			want: want{status: timedOut, states: cannotSay}},
	}
}

// inputs are requests whose members the workflow has to keep, to add or to replace.
func inputs() []testCase {
	list := []testCase{
		{name: "started_at given", input: `{"group_action_id": ID, "started_at": "2001-01-01T00:00:00Z", "context": null}`},
		{name: "execution and previous given", input: `{"group_action_id": ID, "execution": "mine", "previous": {"verdict": "mine"}}`},
		{name: "envelope", input: `{"version": "0", "id": "e", "detail-type": "Action Started", "source": "soar", "account": "1",
			"time": "2001-01-01T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {"group_action_id": ID, "tenant": "acme"}}`},
		{name: "190 KB beside it", input: `{"group_action_id": ID, "alert": "` + strings.Repeat("x", 190_000) + `"}`},
	}
	for i := range list {
		list[i].replies = []reply{pending, raised("XDR.Unavailable"), done}
		list[i].want = want{status: succeeded, says: "all_succeeded", states: afterWait, calls: 3, announced: 1}
	}
	runtime := difference{want{status: failed, err: "States.Runtime", states: cannotSay}, "an intrinsic function fails with States.Runtime"}
	return append(list, testCase{name: "input that is no object", input: `[ID]`,
		want:    want{status: failed, err: "States.IntrinsicFailure", states: cannotSay},
		differs: map[string]difference{motoName: runtime, alsName: runtime}})
}

// announcements are the ways in which an event cannot be sent. The verdict stands all the same.
func announcements() []testCase {
	refused := reply{err: "InternalFailure"}
	throttled := reply{err: "ThrottlingException", status: 400}
	stands := want{status: succeeded, says: `"verdict":"failed"`, states: toDone, calls: 1, announced: 5}
	return []testCase{
		{name: "PutEvents refuses twice", input: onlyID, replies: []reply{done}, events: []reply{refused, refused, {}},
			want: want{status: succeeded, says: "all_succeeded", states: toDone, calls: 1, announced: 3}},
		{name: "PutEvents refuses for ever", input: onlyID, replies: []reply{lost}, events: []reply{refused}, want: stands},
		{name: "PutEvents is throttled for ever", input: onlyID, replies: []reply{lost}, events: []reply{throttled}, want: stands},
	}
}

// real are the cases in which the function is the built bootstrap, in front of a simulated tenant.
func real() []testCase {
	const success = "COMPLETED_SUCCESSFULLY"
	twice := func(status int) xdrtest.Fault { return xdrtest.Fault{From: 1, To: 2, Status: status} }
	deadline := func(states string, calls int) want {
		return want{status: succeeded, says: "deadline_exceeded", states: states, calls: calls, announced: 1}
	}
	retried := want{status: succeeded, says: "all_succeeded", states: toDone, calls: 3, announced: 1}
	list := []testCase{
		{name: "done", input: onlyID, action: action(0.5, success),
			want: want{status: succeeded, says: "all_succeeded", states: afterWait, calls: 2, announced: 1}},
		{name: "failed", input: onlyID, action: action(0, "EXPIRED"),
			want: want{status: succeeded, says: `"EXPIRED":2`, states: toDone, calls: 1, announced: 1}},
		{name: "deadline", input: `{"group_action_id": ID, "timeout_seconds": 2}`, action: action(1000, success), want: deadline(anyWaits, 0)},
		{name: "started_at honoured", action: action(1000, success), want: deadline(toDone, 1),
			input: `{"group_action_id": ID, "started_at": "2001-01-01T00:00:00Z"}`},
		{name: "time of the envelope honoured", action: action(1000, success), want: deadline(toDone, 1),
			input: `{"detail-type": "a", "source": "b", "time": "2001-01-01T00:00:00Z", "detail": {"group_action_id": ID}}`},
		{name: "deadline in an outage", input: `{"group_action_id": ID, "timeout_seconds": 2}`, action: action(0, success, xdrtest.Fault{Status: 503}),
			want: want{status: failed, err: "XDR.TimedOut", says: "XDR.Unavailable", states: cannotSay}},
		{name: "bad request", input: `{"group_action_id": ID, "policy": {"typo": 1}}`, action: action(0, success),
			want: want{status: failed, err: "XDR.InvalidRequest", says: "typo", states: cannotSay, calls: 1}},
		{name: "no such secret", input: `{"group_action_id": ID, "tenant": "nobody"}`, action: action(0, success),
			want: want{status: failed, err: "XDR.CredentialsInvalid", says: "does not exist", states: cannotSay, calls: 1}},
		{name: "503 twice", input: onlyID, action: action(0, success, twice(503)), want: retried},
		{name: "429 twice", input: onlyID, action: action(0, success, twice(429)), want: retried},
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

// job is the case as an execution of its own: the front and the simulator tell executions apart by the action's id.
func (c testCase) job(id string) job {
	input := strings.ReplaceAll(c.input, "ID", id)
	return job{Name: "case-" + id, Definition: scaled(c.task, c.machine), Input: []byte(input)}
}
