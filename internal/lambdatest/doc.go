// Package lambdatest runs a built bootstrap binary as AWS Lambda does: a real process with Lambda's own environment and
// nothing of the test's, which asks a [Runtime API] for its events.
//
// [Function.Invoke] sends one event and returns what the process answers. [Function.Invoker] is the same as the HTTP
// call [Invoke], which Step Functions and the SDKs make.
//
// It promises what a function can rely on: one event at a time for each poller, the deadline in the event's headers,
// death at that deadline, and one answer for each event. A process that has ended is not started again. It does not
// emulate memory, payload limits, response streaming, reports of a failed initialization, the freeze between
// invocations, scaling, asynchronous calls, or access.
//
// For tests in general there are a [Clock] and a [Buffer].
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// [Invoke]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package lambdatest
