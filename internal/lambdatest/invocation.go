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

	// under the sandbox's lock
	delivered bool
	began     time.Time
	deadline  *time.Timer

	// set once, before settled is closed
	reply   Reply
	err     error
	settled chan struct{}
}

func newInvocation(id string, event []byte) *invocation {
	return &invocation{id: id, event: event, settled: make(chan struct{})}
}

// settle is for whoever took the invocation out of the sandbox's table; there can be only one.
func (i *invocation) settle(reply Reply, err error) {
	if i.deadline != nil {
		i.deadline.Stop()
	}
	i.reply, i.err = reply, err
	close(i.settled)
}

// newID is a random UUID.
func newID() string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTraceID is a [tracing header] of a request that is not traced.
//
// [tracing header]: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func newTraceID() string {
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", time.Now().Unix(), random(12), random(8))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
