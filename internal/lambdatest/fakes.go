package lambdatest

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
)

// Clock stands still until it is advanced. It begins at ten o'clock (UTC) on 24 November 2026.
type Clock struct{ passed atomic.Int64 }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC).Add(time.Duration(c.passed.Load()))
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.passed.Add(int64(d)) }

// Buffer is a [bytes.Buffer] for several goroutines. The zero value is empty.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that has been written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
