package lambdatest

import (
	"crypto/rand"
	"fmt"
	"time"
)

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
	return &invocation{id: newID(), event: event, settled: make(chan struct{})}
}

// settle is for the one goroutine that has taken the invocation out of the function's table.
func (i *invocation) settle(reply Reply, err error) {
	i.reply = reply
	i.err = err
	close(i.settled)
}

// newID is a random UUID.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
