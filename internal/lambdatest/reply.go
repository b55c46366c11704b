package lambdatest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Reply is what the function answered to one event.
type Reply struct {
	RequestID string
	// Duration is the time from handing over the event to the whole answer.
	Duration time.Duration
	// Payload is the response, nil if the function reported an error.
	Payload []byte
	// ErrorType and ErrorMessage are the error that the function reported, as a caller sees it: from the
	// body, or the type from the header if the body has none. Both are empty if it reported none.
	ErrorType, ErrorMessage string
	// RawError is the body of the error as it was posted.
	RawError []byte
	// HeaderErrorType is the header Lambda-Runtime-Function-Error-Type. aws-lambda-go sends none.
	HeaderErrorType string
	// TypesDiffer says that header and body both name an error type, and not the same.
	TypesDiffer bool

	failed bool
}

// Failed says that the function reported an error, whatever it named it.
func (r Reply) Failed() bool { return r.failed }

// errorBody is the shape of errors in both APIs.
type errorBody struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func (e errorBody) json() []byte {
	body, _ := json.Marshal(e) // two strings can always be encoded
	return body
}

// failure reads an error as it was posted. A body of another shape is left to RawError.
func failure(id, header string, body []byte) Reply {
	var e errorBody
	_ = json.Unmarshal(body, &e)
	return Reply{
		RequestID:       id,
		ErrorType:       cmp.Or(e.Type, header),
		ErrorMessage:    e.Message,
		RawError:        body,
		HeaderErrorType: header,
		TypesDiffer:     header != "" && e.Type != "" && header != e.Type,
		failed:          true,
	}
}

// ExitError says that the process ended before it answered.
type ExitError struct {
	RequestID string
	Delivered bool   // the process had received the event
	Code      int    // exit code, -1 after a signal
	Status    string // such as "exit status 1", "signal: killed"
	Stderr    string // the end of its standard error
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("lambdatest: request %s: the process ended without an answer: %s\n%s", e.RequestID, e.Status, e.Stderr)
}

// TimeoutError says that the function did not answer in time, and that its process was killed.
type TimeoutError struct {
	RequestID string
	Timeout   time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("lambdatest: request %s: timed out after %v", e.RequestID, e.Timeout)
}
