package main

import (
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// real are the cases in which the function is the built bootstrap, in front of a simulated tenant.
func real() []testCase {
	return []testCase{
		{name: "real: done", action: action(0.5, "COMPLETED_SUCCESSFULLY"),
			want: want{status: succeeded, cause: `"reason":"all_succeeded"`, calls: 2, announced: 1,
				states: "Begin Check Decide Wait Check Decide Announce Judge Done"}},
		{name: "real: failed", action: action(0, "EXPIRED"),
			want:    want{status: failed, err: "XDR.ActionFailed", cause: `"EXPIRED":2`, calls: 1, announced: 1, states: toFailed},
			differs: noIntrinsicInFail(1, 1, toFailed)},
		{name: "real: deadline", action: action(1000, "FAILED"), input: map[string]any{"timeout_seconds": 2},
			want: want{status: failed, err: "XDR.ActionFailed", cause: `"reason":"deadline_exceeded"`, announced: 1, loops: true,
				states: "Begin Check Decide Wait Check Decide Announce Judge Failed"},
			differs: noIntrinsicInFail(loops, 1, "Begin Check Decide Wait Check Decide Announce Judge Failed")},
		{name: "real: bad request", action: action(0, "FAILED"), input: map[string]any{"policy": map[string]any{"typo": 1}},
			want: want{status: failed, err: "XDR.InvalidRequest", cause: "typo", calls: 1, states: noWay}},
		{name: "real: no such secret", action: action(0, "FAILED"), input: map[string]any{"tenant": "nobody"},
			want: want{status: failed, err: "XDR.CredentialsInvalid", cause: "does not exist", calls: 1, states: noWay}},
		{name: "real: 403", action: action(0, "FAILED", xdrtest.Fault{Status: 403}),
			want: want{status: failed, err: "XDR.Unauthorized", cause: "403", calls: 1, states: noWay}},
		{name: "real: 400", action: action(0, "FAILED", xdrtest.Fault{Status: 400}),
			want: want{status: failed, err: "XDR.Rejected", cause: "400", calls: 1, states: noWay}},
		{name: "real: 503 twice", action: action(0, "COMPLETED_SUCCESSFULLY", xdrtest.Fault{From: 1, To: 2, Status: 503}),
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 3, announced: 1, states: toDone}},
		{name: "real: 429 twice", action: action(0, "COMPLETED_SUCCESSFULLY", xdrtest.Fault{From: 1, To: 2, Status: 429}),
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: 3, announced: 1, states: toDone}},
		{name: "real: 503 for long", action: action(0, "COMPLETED_SUCCESSFULLY", xdrtest.Fault{From: 1, To: attempts + 1, Status: 503}),
			want: want{status: succeeded, cause: `"verdict":"done"`, calls: attempts + 2, attempts: attempts, announced: 1, states: afterOut}},
	}
}

// action runs on two endpoints and gets to the status after that many seconds.
func action(seconds float64, status string, faults ...xdrtest.Fault) *xdrtest.Scenario {
	timeline := []xdrtest.Step{{At: seconds, Status: status}}
	if seconds > 0 {
		timeline = append([]xdrtest.Step{{Status: "IN_PROGRESS"}}, timeline...)
	}
	return &xdrtest.Scenario{Agents: []xdrtest.Agent{{Count: 2, Timeline: timeline}}, Faults: faults}
}
