package main

import (
	"context"
	"time"
)

// clock is the time of a wait: real, or running speed times as fast from a moment on.
type clock struct {
	began time.Time
	speed float64
}

func (c clock) Now() time.Time {
	return c.began.Add(time.Duration(float64(time.Since(c.began)) * c.speed))
}

// Sleep returns early, with false, when ctx ends.
func (c clock) Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(time.Duration(float64(d) / c.speed))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
