package handler

import (
	"math"
	"time"
)

// jitter is the share by which a wait may differ either way, so that waits that began together part.
const jitter = 0.1

// waitSeconds says when to ask again: after a fraction of the time that the wait has already taken, within bounds, so
// that the end is noticed late by at most that fraction. It does not pass the deadline, which left is the time to
// (negative: there is none), and is at least 1.
func (s *Step) waitSeconds(elapsed, left time.Duration) int {
	wait := time.Duration(float64(elapsed) * s.WaitFraction)
	wait = max(s.MinWait, min(s.MaxWait, wait))
	seconds := math.Round(wait.Seconds() * (1 - jitter + 2*jitter*s.Random()))
	if left >= 0 {
		seconds = min(seconds, math.Floor(left.Seconds()))
	}
	return int(max(1, seconds))
}
