package handler

import "github.com/soarstep/xdr-action-status/pkg/xdr"

// classify says what one agent's status counts as. One that is not known never counts as success.
func classify(s xdr.Status, p policy) (outcome Outcome, known bool) {
	switch s {
	case xdr.StatusCompletedSuccessfully:
		return Done, true
	case xdr.StatusCompletedPartial:
		return p.partial, true
	case xdr.StatusFailed, xdr.StatusTimeout, xdr.StatusExpired, xdr.StatusAborted,
		xdr.StatusCancelled, xdr.StatusCanceled:
		return Failed, true
	case xdr.StatusPending, xdr.StatusInProgress, xdr.StatusPendingAbort:
		return Pending, true
	}
	return p.unknown, false
}

// situation is all that a decision depends on beside the policy.
type situation struct {
	Endpoints
	doubtful     bool // the API says something beside the statuses, or in their place
	pastGrace    bool // an action this old has agents, if it exists
	pastDeadline bool
}

// decide judges an action. It is total and pure.
func decide(s situation, p policy) (Outcome, Reason) {
	outcome, reason := judge(s, p)
	if outcome == Done && s.doubtful {
		outcome = Pending
		reason = InProgress
	}
	if outcome == Pending && s.pastDeadline {
		return Failed, DeadlineExceeded
	}
	return outcome, reason
}

func judge(s situation, p policy) (Outcome, Reason) {
	required := required(s.Total, p.minSuccessPercent)
	mayJudge := s.Pending == 0
	if p.certain {
		mayJudge = s.Succeeded >= required || s.Succeeded+s.Pending < required
	}
	switch {
	case s.Total == s.Missing && s.Seen == 0 && s.pastGrace && !s.doubtful:
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
