package handler

import (
	"math"
	"time"
)

// jitter is the share by which a wait may be shorter, so that waits that began together part.
const jitter = 0.1

// waitSeconds says when to ask again: after a fraction of the time that the wait has already taken, within bounds, so
// that the end is noticed late by at most that fraction; jitter and rounding only shorten it. It does not pass the
// deadline, which left is the time to (negative: there is none), and is at least 1.
func (s *Step) waitSeconds(elapsed, left time.Duration) int {
	wait := min(s.MaxWait.Seconds(), elapsed.Seconds()*s.WaitFraction) * (1 - jitter*s.Random())
	seconds := math.Floor(max(s.MinWait.Seconds(), wait))
	if left >= 0 {
		seconds = min(seconds, math.Floor(left.Seconds()))
	}
	return int(max(1, seconds))
}
