package xdr

// Status is what the API says of one agent of an action. Any other string than the
// constants below may arrive and must never be taken for success.
//
// Source: the enum of the [Get Action Status] reply. StatusCanceled is not in it; sibling
// calls of the API use that spelling.
//
// [Get Action Status]: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
type Status string

// The documented statuses, and the one-L spelling of CANCELLED.
const (
	StatusPending               Status = "PENDING"
	StatusInProgress            Status = "IN_PROGRESS"
	StatusPendingAbort          Status = "PENDING_ABORT"
	StatusCompletedSuccessfully Status = "COMPLETED_SUCCESSFULLY"
	StatusCompletedPartial      Status = "COMPLETED_PARTIAL"
	StatusFailed                Status = "FAILED"
	StatusTimeout               Status = "TIMEOUT"
	StatusExpired               Status = "EXPIRED"
	StatusAborted               Status = "ABORTED"
	StatusCancelled             Status = "CANCELLED"
	StatusCanceled              Status = "CANCELED"
)

// known lets the stream reader hand on a documented status without allocating it anew.
var known = func() map[string]Status {
	m := make(map[string]Status)
	for _, s := range []Status{
		StatusPending, StatusInProgress, StatusPendingAbort, StatusCompletedSuccessfully,
		StatusCompletedPartial, StatusFailed, StatusTimeout, StatusExpired, StatusAborted,
		StatusCancelled, StatusCanceled,
	} {
		m[string(s)] = s
	}
	return m
}()

func statusOf(text []byte) Status {
	if s, ok := known[string(text)]; ok {
		return s
	}
	return Status(text)
}
