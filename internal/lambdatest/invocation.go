package lambdatest

import (
	"crypto/rand"
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
	// RawError is that error as it was posted, nil if there was none.
	RawError []byte
}

// Failed reports whether the function reported an error, even one without a type.
func (r Reply) Failed() bool { return r.RawError != nil }

// failure reads an error as it was posted. A body of another shape is left to RawError.
func failure(id string, body []byte) Reply {
	var e struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(body, &e)
	return Reply{RequestID: id, ErrorType: e.ErrorType, ErrorMessage: e.ErrorMessage, RawError: body}
}

// invocation is one event on its way: queued, delivered, settled.
type invocation struct {
	id    string
	event []byte

	began time.Time // under the function's lock

	// set once, before settled is closed
	reply   Reply
	err     error
	settled chan struct{}
}

func newInvocation(event []byte) *invocation {
	return &invocation{id: rand.Text(), event: event, settled: make(chan struct{})}
}

// settle is for the one goroutine that has taken the invocation out of the function's table.
func (i *invocation) settle(reply Reply, err error) {
	i.reply = reply
	i.err = err
	close(i.settled)
}
