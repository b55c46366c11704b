package handler

import "github.com/soarstep/xdr-action-status/pkg/xdr"

// Outcome is what a check says of the whole action.
type Outcome string

// The three outcomes; a workflow's Choice reads them.
const (
	Done    Outcome = "done"
	Pending Outcome = "pending"
	Failed  Outcome = "failed"
)

// Reason says why the outcome is what it is.
type Reason string

// The reasons, by outcome.
const (
	AllSucceeded     Reason = "all_succeeded"     // done
	EnoughSucceeded  Reason = "enough_succeeded"  // done: not all, but as many as the policy requires
	InProgress       Reason = "in_progress"       // pending
	NoEndpoints      Reason = "no_endpoints"      // pending: the reply names no agent; the action is young, or had some
	EndpointsFailed  Reason = "endpoints_failed"  // failed
	DeadlineExceeded Reason = "deadline_exceeded" // failed: still pending when the caller's time was up
	ActionNotFound   Reason = "action_not_found"  // failed: no reply has named an agent, and the grace is over
)

// class is what one agent's status counts as.
type class int

const (
	succeeded class = iota + 1
	failed
	pending
)

// classify counts a status. One that is not known never counts as success; the deadline ends what is pending.
func classify(s xdr.Status, p policy) (c class, known bool) {
	switch s {
	case xdr.StatusCompletedSuccessfully:
		return succeeded, true
	case xdr.StatusCompletedPartial:
		return p.partial.class(), true
	case xdr.StatusFailed, xdr.StatusTimeout, xdr.StatusExpired, xdr.StatusAborted,
		xdr.StatusCancelled, xdr.StatusCanceled:
		return failed, true
	case xdr.StatusPending, xdr.StatusInProgress, xdr.StatusPendingAbort:
		return pending, true
	}
	if p.unknown == unknownFailed {
		return failed, false
	}
	return pending, false
}

func (p partial) class() class {
	switch p {
	case partialDone:
		return succeeded
	case partialPending:
		return pending
	case partialFailed:
	}
	return failed
}

// situation is all that a decision depends on beside the policy.
type situation struct {
	Endpoints
	doubtful     bool // the API remarks on an error beside the statuses
	pastGrace    bool // an action this old has agents, if it exists
	pastDeadline bool
}

// decide judges an action. It is total and pure.
func decide(s situation, p policy) (Outcome, Reason) {
	outcome, reason := judge(s, p)
	doubted := outcome == Done && s.doubtful
	switch {
	case (outcome == Pending || doubted) && s.pastDeadline:
		return Failed, DeadlineExceeded
	case doubted:
		return Pending, InProgress
	}
	return outcome, reason
}

func judge(s situation, p policy) (Outcome, Reason) {
	required := required(s.Total, p.minSuccessPercent)
	mayJudge := s.Pending == 0
	if p.settle == settleCertain {
		mayJudge = s.Succeeded >= required || s.Succeeded+s.Pending < required
	}
	switch {
	case s.Total == s.Missing && s.Seen == 0 && s.pastGrace:
		return Failed, ActionNotFound
	case s.Total == s.Missing:
		return Pending, NoEndpoints
	case !mayJudge:
		return Pending, InProgress
	case s.Succeeded < required:
		return Failed, EndpointsFailed
	case s.Succeeded < s.Total:
		return Done, EnoughSucceeded
	}
	return Done, AllSucceeded
}

// required is ceil(total × percent / 100): at least 1 of at least one endpoint, since percent is at least 1.
func required(total, percent int) int { return (total*percent + 99) / 100 }
