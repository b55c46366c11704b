// Package lambdatest runs a built bootstrap binary as AWS Lambda does: a real process with Lambda's own
// environment and nothing of the test's, which asks a [Runtime API] for its events.
//
// [Function.Invoke] hands over one event and returns what the process made of it. [Function.Invoker] is
// the same behind the HTTP call [Invoke], as Step Functions and the SDKs make it: there a function that
// failed, crashed or ran out of time is a reply, and the next call finds a fresh process.
//
// It promises what a function can rely on: one event at a time for each poller, the deadline in the event's
// headers, death at that deadline, the payload limits, and error names as Lambda spells them. It does not
// emulate memory, the freeze between invocations, the limit on the time to initialize, scaling, retries of
// asynchronous calls, or access.
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// [Invoke]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package lambdatest
