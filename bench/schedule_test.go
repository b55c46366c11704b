package main

import (
	"testing"
	"time"
)

func TestScheduleGoals(t *testing.T) {
	t.Parallel()
	for _, s := range simulateAll() {
		ours, every30 := s.of(nameSchedule), s.of(nameEvery30)
		if ours.Checks > every30.Checks/5 {
			t.Errorf("%s: %.0f checks, every 30 s %.0f: more than a fifth", s.Mix, ours.Checks, every30.Checks)
		}
		if ours.OverBound > 1 || ours.WorstLag > 300 {
			t.Errorf("%s: lag %.2f × max(5 s, 10 %%), at worst %.0f s", s.Mix, ours.OverBound, ours.WorstLag)
		}
		if ours.TooLong > 0 {
			t.Errorf("%s: %d of 1,000 waits pass the history limit", s.Mix, ours.TooLong)
		}
	}
}

// The same numbers as in the design: checks until the end is seen.
func TestFollow(t *testing.T) {
	t.Parallel()
	const minute, hour = float64(time.Minute / time.Second), float64(time.Hour / time.Second)
	for _, c := range []struct {
		schedule          schedule
		duration, atLeast float64
		most              float64
	}{
		{schedules[0], 10, 3, 3}, {schedules[0], minute, 12, 13}, {schedules[0], hour, 55, 58}, {schedules[0], 7 * day, 2055, 2062},
		{fixed(30), 10, 2, 2}, {fixed(30), minute, 3, 4}, {fixed(30), 7 * day, 20161, 20162},
		{doubling(300), 75, 5, 5},
	} {
		checks, lag := follow(c.schedule, c.duration)
		if checks < c.atLeast || checks > c.most || lag < 0 {
			t.Errorf("%s, %v s: %v checks, lag %v", c.schedule.name, c.duration, checks, lag)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	if m, p, none := quantile([]float64{3, 1, 2}, 0.5), quantile([]float64{3, 1, 2}, 0.99), quantile(nil, 0.5); m != 2 || p != 3 || none != 0 {
		t.Error(m, p, none)
	}
}
