package xdr

// Status is what the API says of one agent of an action. Any other string than the constants below may arrive and must
// never be taken for success.
//
// Source: the enum of the [Get Action Status] reply. StatusCanceled is not in it; sibling calls of the API use that
// spelling.
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

var documented = []Status{
	StatusPending, StatusInProgress, StatusPendingAbort, StatusCompletedSuccessfully, StatusCompletedPartial,
	StatusFailed, StatusTimeout, StatusExpired, StatusAborted, StatusCancelled, StatusCanceled,
}

// statusOf hands on a documented status without allocating it anew.
func statusOf(text []byte) Status {
	for _, known := range documented {
		if string(known) == string(text) {
			return known
		}
	}
	return Status(text)
}
