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

// statusOf hands on a documented status without allocating it anew.
func statusOf(text []byte) Status {
	switch Status(text) {
	case StatusPending:
		return StatusPending
	case StatusInProgress:
		return StatusInProgress
	case StatusPendingAbort:
		return StatusPendingAbort
	case StatusCompletedSuccessfully:
		return StatusCompletedSuccessfully
	case StatusCompletedPartial:
		return StatusCompletedPartial
	case StatusFailed:
		return StatusFailed
	case StatusTimeout:
		return StatusTimeout
	case StatusExpired:
		return StatusExpired
	case StatusAborted:
		return StatusAborted
	case StatusCancelled:
		return StatusCancelled
	case StatusCanceled:
		return StatusCanceled
	}
	return Status(text)
}
