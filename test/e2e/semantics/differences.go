package main

// Where an engine is known to differ from AWS, the difference itself is demanded: when a new version does as AWS does,
// the run says so. Beside these,
//
//   - moto lets States.ALL catch States.Runtime and States.DataLimitExceeded, which AWS does not; no case raises them in a
//     task;
//   - aws-local-stepfunctions has no service integrations (als.mjs stands in for lambda:invoke and events:putEvents), no
//     execution names, and events of its own: coverage is counted on both, the history on moto alone;
//   - on AWS, Lambda.SdkClientException and Lambda.ClientExecutionTimeoutException come from the client inside Step
//     Functions, and Lambda.Unknown from a reply that cannot be read; here they are service errors of that name;
//   - no engine counts the 25,000 events or the 90 days that a name stays taken.

const alsName = "aws-local-stepfunctions"

// noIntrinsicInFail: a CausePath may be an intrinsic function ([Fail state]), and there it is only a path. The states are
// the same, but the cause is lost.
//
// [Fail state]: https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html
func noIntrinsicInFail(calls, announced int, states string) map[string]exception {
	return map[string]exception{alsName: {
		want: want{status: failed, err: "States.Runtime", cause: "States.JsonToString($.check.Payload)", states: states,
			calls: calls, announced: announced, loops: calls == loops},
		reason: "no intrinsic function in CausePath",
	}}
}

// loops, as a number of calls, says that it is not judged.
const loops = 0

// noChoiceIsRuntime: the name of this error is States.NoChoiceMatched ([error names]).
//
// [error names]: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
var noChoiceIsRuntime = map[string]exception{"moto": {
	want:   want{status: failed, err: "States.Runtime", cause: "No branching option", calls: 1, states: "Begin Check Decide"},
	reason: "States.NoChoiceMatched is called States.Runtime",
}}
