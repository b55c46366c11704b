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

// roomy leaves room in a history for what is not simulated.
const roomy = 22_000

// week is the longest wait that a request may ask for, in seconds.
const week = 7 * 24 * 3600

// throttled and outage are the retriers of Check that try again.
var (
	throttled = slices.Index(decisions, "throttled")
	outage    = slices.Index(decisions, "outage")
)

// wait is an execution that waits for a week. A check takes no time, which makes for the most of them.
type wait struct {
	retriers []asl.Retrier
	config   handler.Config
	random   *rand.Rand

	elapsed float64
	events  int
	tried   [3]int // by retrier, since the task was entered
}

func newWait(t *testing.T, seed uint64) *wait {
	return &wait{
		retriers: machine(t).States["Check"].Retry,
		config:   handler.DefaultConfig(),
		random:   rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // a simulation, which must repeat
		events:   asl.EventsStart + asl.EventsEnd,
	}
}

// fails is an attempt that meets a retrier, and its delay, with full jitter.
func (w *wait) fails(retrier int) {
	w.elapsed += w.retriers[retrier].Delay(w.tried[retrier], w.random.Float64())
	w.tried[retrier]++
	w.events += asl.EventsAttempt
}

// answers is a check that finds the action pending, and the wait after it, as pkg/handler makes it.
func (w *wait) answers() {
	growing := min(w.config.MaxWait.Seconds(), w.elapsed*w.config.WaitFraction) * (1 - 0.1*w.random.Float64())
	w.elapsed += math.Floor(max(w.config.MinWait.Seconds(), growing))
	w.tried = [3]int{}
	w.events += asl.EventsLoop
}

// chance makes so many of 20 attempts an outage, and so many throttled.
func (w *wait) chance(outages, refusals int, until float64) {
	for w.elapsed < until {
		switch die := w.random.Float64() * 20; {
		case die < float64(outages):
			w.fails(outage)
		case die < float64(outages+refusals):
			w.fails(throttled)
		default:
			w.answers()
		}
	}
}

// worstMix plays every mix in which an attempt fails as an outage and as throttled, in steps of 5 %. It returns the most
// events of a mix, which one it is, and the events of a wait that is only pending.
func worstMix(t *testing.T, maxWait time.Duration, until float64) (worst int, of string, pending int) {
	t.Helper()
	for p := range 21 {
		for q := range 21 - p {
			w := newWait(t, uint64(100*p+q))
			w.config.MaxWait = maxWait
			w.chance(p, q, until)
			if w.events > worst {
				worst = w.events
				of = fmt.Sprintf("%d %% outage, %d %% throttled", 5*p, 5*q)
			}
			if p+q == 0 {
				pending = w.events
			}
		}
	}
	return worst, of, pending
}

// With the shortest maximum that the template accepts, six days must fit; its text says so.
func TestHistoryOfTheShortestWaits(t *testing.T) {
	t.Parallel()
	worst, of, _ := worstMix(t, 5*time.Minute, week*6/7)
	t.Logf("events of six days, waits of at most 5 minutes: %d at worst (%s); the limit is %d", worst, of, asl.MaxEvents)
	if worst >= asl.MaxEvents {
		t.Errorf("%d events", worst)
	}
}

// A week must fit into one history, however often an attempt fails as outage and however often it is throttled.
func TestHistoryOfAWeek(t *testing.T) {
	t.Parallel()
	worst, of, pending := worstMix(t, handler.DefaultConfig().MaxWait, week)
	t.Logf("events of a week: %d pending; %d at worst of 231 mixes (%s); the limit is %d", pending, worst, of, asl.MaxEvents)
	if pending > 10_500 || worst > roomy {
		t.Errorf("more than %d and %d", 10_500, roomy)
	}
}

// The worst that a script can do, which no chance does: so many outages and refusals before each answer, again and again.
func TestHistoryOfTheWorstScript(t *testing.T) {
	t.Parallel()
	var worst int
	var of string
	for outages := range 12 {
		for refusals := range 12 {
			w := newWait(t, 1)
			for w.elapsed < week {
				for range outages {
					w.fails(outage)
				}
				for range refusals {
					w.fails(throttled)
				}
				w.answers()
			}
			if w.events > worst {
				worst = w.events
				of = fmt.Sprintf("%d outages and %d refusals before each answer", outages, refusals)
			}
		}
	}
	t.Logf("events of a week: %d by the worst script (%s); the limit is %d", worst, of, asl.MaxEvents)
}
