package handler

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWaitSeconds(t *testing.T) {
	t.Parallel()
	const never = time.Duration(-1)
	for _, c := range []struct {
		elapsed, left time.Duration
		random        float64
		want          int
	}{
		{0, never, 0.999, 5},
		{59 * time.Second, never, 0, 5},
		{100 * time.Second, never, 0, 10},
		{100 * time.Second, never, 0.001, 9},
		{1000 * time.Second, never, 0.5, 95},
		{7 * 24 * time.Hour, never, 0, 600},
		{7 * 24 * time.Hour, never, 0.999, 540},
		{time.Hour, 100500 * time.Millisecond, 0.5, 100},
		{time.Hour, 400 * time.Millisecond, 0.5, 1},
	} {
		s := &Step{Config: DefaultConfig(), Random: func() float64 { return c.random }}
		if got := s.waitSeconds(c.elapsed, c.left); got != c.want {
			t.Errorf("after %v with %v left, random %v: %d, want %d", c.elapsed, c.left, c.random, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := &Step{Config: DefaultConfig(), Random: func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") }}
		elapsed := time.Duration(rapid.Int64Range(0, int64(time.Hour*24*365)).Draw(t, "elapsed"))
		left := time.Duration(rapid.Int64Range(-1, int64(time.Hour*24*7)).Draw(t, "left"))
		got := time.Duration(s.waitSeconds(elapsed, left)) * time.Second
		most := max(5*time.Second, min(10*time.Minute, elapsed/10))
		late := left >= time.Second && got > left
		if got < time.Second || got > most || late || left < 0 && got < most*9/10-time.Second {
			t.Fatalf("%v after %v with %v left", got, elapsed, left)
		}
	})
}

func TestVerdictTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		request request
		empty   bool
		reason  Reason
		elapsed int64
		wait    int
	}{
		{"no start", request{timeout: time.Second}, false, InProgress, 0, 5},
		{"start in the future", request{startedAt: start.Add(time.Hour), timeout: time.Minute}, false, InProgress, 0, 5},
		{"in time", request{startedAt: start.Add(-59 * time.Second), timeout: time.Minute}, false, InProgress, 59, 1},
		{"at the deadline", request{startedAt: start.Add(-time.Minute), timeout: time.Minute}, false, DeadlineExceeded, 60, 0},
		{"default timeout", request{startedAt: start.Add(-72*time.Hour + time.Second)}, false, InProgress, 259199, 1},
		{"past the default timeout", request{startedAt: start.Add(-72 * time.Hour)}, false, DeadlineExceeded, 259200, 0},
		{"empty in the grace", request{startedAt: start.Add(-120 * time.Second)}, true, NoEndpoints, 120, 11},
		{"empty after the grace", request{startedAt: start.Add(-121 * time.Second)}, true, ActionNotFound, 121, 0},
	} {
		v := verdictOf(c.request, func(t *tally) {
			if !c.empty {
				t.AgentStatus([]byte("a"), "PENDING")
			}
		})
		if v.Reason != c.reason || v.ElapsedSeconds != c.elapsed || v.WaitSeconds != c.wait || (len(v.PendingEndpoints) == 0) != c.empty {
			t.Errorf("%s: %s after %d s, wait %d", c.name, v.Reason, v.ElapsedSeconds, v.WaitSeconds)
		}
	}
}
