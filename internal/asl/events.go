package asl

// Events that an execution of the workflow leaves in its history. test/e2e/semantics counts them on an engine.
const (
	EventsStart   = 3  // before the first check
	EventsLoop    = 9  // from one check to the next, through Decide and Wait
	EventsAttempt = 3  // of an attempt that fails
	EventsEnd     = 15 // the last check and all that follows
)

// MaxEvents is the quota of a history; an execution that reaches it fails.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const MaxEvents = 25_000
