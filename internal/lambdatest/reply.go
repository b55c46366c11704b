package lambdatest

import (
	"encoding/json"
	"time"
)

// Reply is what the function answered to one event.
type Reply struct {
	RequestID string
	// Duration is the time from handing over the event to the whole answer.
	Duration time.Duration
	// Payload is the response, nil if the function reported an error.
	Payload []byte
	// ErrorType and ErrorMessage are read from the error that the function reported.
	ErrorType, ErrorMessage string
	// RawError is that error as it was posted.
	RawError []byte

	failed bool
}

// Failed reports whether the function reported an error, even one without a type.
func (r Reply) Failed() bool { return r.failed }

// failure reads an error as it was posted. A body of another shape is left to RawError.
func failure(id string, body []byte) Reply {
	var e struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(body, &e)
	return Reply{
		RequestID:    id,
		ErrorType:    e.ErrorType,
		ErrorMessage: e.ErrorMessage,
		RawError:     body,
		failed:       true,
	}
}
