package statemachine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// day is in seconds.
const day = 24 * 3600

// throttled and outage are the retriers of Check that try again.
var (
	throttled = slices.Index(decisions, "throttled")
	outage    = slices.Index(decisions, "outage")
)

// events plays a wait of so many seconds, in which so many of 20 attempts fail as an outage, and so many as throttled.
// It returns the events of its history. A check takes no time, which makes for the most of them.
func events(retriers []asl.Retrier, config handler.Config, until float64, outages, refusals int) int {
	seed := uint64(100*outages + refusals)
	random := rand.New(rand.NewPCG(seed, seed))
	sum := asl.EventsStart + asl.EventsEnd
	var tried [3]int // by retrier, since the task was entered
	fails := func(retrier int) float64 {
		sum += asl.EventsAttempt
		tried[retrier]++
		return retriers[retrier].Delay(tried[retrier]-1, random.Float64())
	}
	for elapsed := 0.0; elapsed < until; {
		switch die := random.Float64() * 20; {
		case die < float64(outages):
			elapsed += fails(outage)
		case die < float64(outages+refusals):
			elapsed += fails(throttled)
		default: // the action is pending, and the wait after the check is pkg/handler's
			growing := min(config.MaxWait.Seconds(), elapsed*config.WaitFraction) * (1 - 0.1*random.Float64())
			elapsed += math.Floor(max(config.MinWait.Seconds(), growing))
			tried = [3]int{}
			sum += asl.EventsLoop
		}
	}
	return sum
}

// The longest wait, of a week, must fit into one history whatever fails: every mix of outages and refusals in steps of
// 5 %. With the shortest maximum that the template accepts, six days must fit; its text says so.
func TestHistory(t *testing.T) {
	t.Parallel()
	retriers := machine(t).States["Check"].Retry
	config := handler.DefaultConfig()
	for _, c := range []struct {
		maxWait       time.Duration
		days          float64
		pending, most int
	}{
		{config.MaxWait, 7, 10_500, 22_000}, // room for what is not simulated
		{5 * time.Minute, 6, asl.MaxEvents, asl.MaxEvents - 1},
	} {
		config.MaxWait = c.maxWait
		pending := events(retriers, config, c.days*day, 0, 0)
		var worst int
		var mix string
		for p := range 21 {
			for q := range 21 - p {
				if n := events(retriers, config, c.days*day, p, q); n > worst {
					worst = n
					mix = fmt.Sprintf("%d %% outage, %d %% throttled", 5*p, 5*q)
				}
			}
		}
		t.Logf("events of %v days, waits of at most %v: %d pending; %d at worst of 231 mixes (%s); the limit is %d",
			c.days, c.maxWait, pending, worst, mix, asl.MaxEvents)
		if pending > c.pending || worst > c.most {
			t.Errorf("more than %d and %d", c.pending, c.most)
		}
	}
}
