package torture

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
)

// scales are the cases of TestScale by their number of waits, and the goal for the lag of nine in ten of them.
var scales = []struct {
	waits, runs int
	p90         time.Duration
}{{1, 100, time.Minute}, {100, pick(3, 10), time.Minute}, {1_000, pick(2, 10), 4 * time.Minute}, {10_000, 3, 18 * time.Minute}}

// TestScale lets waits begin within a minute, for actions of 10 s to 10 min. Their tenant answers 10 requests a second,
// and a check takes half a second. Each line is a case; its waits are those of several runs, as chance has its part in
// one. The bound is p90 of a queue that asks exactly 10 a second.
func TestScale(t *testing.T) {
	for _, c := range scales[:pick(3, 4)] {
		t.Run(strconv.Itoa(c.waits), func(t *testing.T) {
			t.Parallel()
			bound := crowd(t, c.waits, c.runs, 0, 100*time.Millisecond).share(90)
			for _, reserved := range []int{5, 0} {
				got := crowd(t, c.waits, c.runs, reserved, 0)
				name := map[int]string{5: "5", 0: "none"}[reserved]
				fmt.Printf("scale waits=%d reserved=%s p50=%v p90=%v worst=%v bound=%v attempts=%d\n",
					c.waits, name, got.share(50), got.share(90), got.share(100), bound, got.attempts/c.runs)
				if got.share(90) > c.p90 || len(got.lags) != c.waits*c.runs {
					t.Errorf("p90 is %v, the goal %v; %d lags", got.share(90), c.p90, len(got.lags))
				}
				if reserved > 0 && got.refused > 0 {
					t.Errorf("%d requests over the limit, which the reserved concurrency should keep", got.refused)
				}
			}
		})
	}
}

// outcome is what came of runs of one case.
type outcome struct {
	lags              []time.Duration // sorted
	attempts, refused int             // of all runs
}

// share is the lag that so many per cent of the waits do not exceed.
func (o outcome) share(percent int) time.Duration {
	return o.lags[(len(o.lags)*percent+99)/100-1].Round(time.Second)
}

func crowd(t *testing.T, waits, runs, reserved int, pace time.Duration) (o outcome) {
	for run := range runs {
		sum := newReport()
		w := inWorld(t, uint64(7000+run), sum, func(w *world) {
			w.takes = 500 * time.Millisecond
			w.capacity = reserved
			w.pace = pace
			for n := range waits {
				began := newYear.Add(within(w.r, time.Minute)).Truncate(time.Millisecond)
				w.add(simple(int64(n+1), began, between(w.r, 10*time.Second, 10*time.Minute)))
			}
		})
		o.lags = append(o.lags, w.lags...)
		o.attempts += sum.figures["checks"]
		o.refused += w.refused
	}
	slices.Sort(o.lags)
	return o
}
