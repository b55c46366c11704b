package bench

import (
	"math"
	"slices"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// schedule returns the seconds from a check to the next, by the seconds that have passed.
type schedule func(elapsed float64) float64

// growing is the step's own, see waitSeconds in pkg/handler. jitter is the factor that chance has chosen.
func growing(fraction, least, most, jitter float64) schedule {
	return func(elapsed float64) float64 {
		return math.Floor(max(least, jitter*min(most, elapsed*fraction)))
	}
}

// doubling is exponential backoff: 5, 10, 20… seconds. After n waits 5·(2^n−1) seconds have passed.
func doubling(most float64) schedule {
	return func(elapsed float64) float64 { return min(most, elapsed+5) }
}

var own = handler.DefaultConfig()

// schedules are the step's defaults, its peers, and the step with other numbers.
var schedules = []struct {
	name string
	next schedule
}{
	{"this step: 0.1, 5–600 s", growing(own.WaitFraction, own.MinWait.Seconds(), own.MaxWait.Seconds(), 1)},
	{"the same, most jitter", growing(own.WaitFraction, own.MinWait.Seconds(), own.MaxWait.Seconds(), 0.9)},
	{"every 60 s", growing(0, 60, 60, 1)},
	{"backoff ×2, at most 600 s", doubling(600)},
	{"0.1, 2–600 s", growing(0.1, 2, 600, 1)},
	{"0.1, 5–300 s", growing(0.1, 5, 300, 1)},
	{"0.2, 5–600 s", growing(0.2, 5, 600, 1)},
}

// durations are how many seconds the actions of the usual mix take.
var durations = append(logUniform(1600, 5, 900), logUniform(400, 3600, 7*86400)...)

// logUniform returns n durations between two, evenly spread over their logarithm.
func logUniform(n int, from, to float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = from * math.Pow(to/from, (float64(i)+0.5)/float64(n))
	}
	return all
}

// wait adds the figures of a wait for an action that takes d seconds: checks until the action is seen to have ended.
func (s samples) wait(name string, next schedule, d float64) {
	elapsed := 0.0
	checks := 1.0
	for ; elapsed < d; checks++ {
		elapsed += next(elapsed)
	}
	tooLong := 0.0
	if checks*asl.EventsLoop > asl.MaxEvents {
		tooLong = 1
	}
	s.add("checks", name, checks)
	s.add("lag", name, elapsed-d)
	s.add("relative lag", name, (elapsed-d)/d)
	s.add("too long", name, tooLong)
}

// TestSchedule holds docs/performance.md to the simulation. What the step's own schedule must keep is tested in
// pkg/handler and statemachine.
func TestSchedule(t *testing.T) {
	t.Parallel()
	const dollars = 3 * 0.025 // of the 3 state transitions of 1,000 checks
	s := samples{}
	var names []string
	for _, schedule := range schedules {
		names = append(names, schedule.name)
		for _, d := range durations {
			s.wait(schedule.name, schedule.next, d)
		}
	}
	text := table("Schedule: 80 % online (5 s to 15 min), 20 % with an endpoint offline (1 h to 7 days)", names, []column{
		{"checks", s.by(mean, "checks", 1)},
		{"$ for 1,000 waits", s.by(mean, "checks", 1/dollars)},
		{"mean lag, s", s.by(mean, "lag", 1)},
		{"mean lag, % of the duration", s.by(mean, "relative lag", 0.01)},
		{"worst lag, s", s.by(slices.Max[[]float64], "lag", 1)},
		{"of 1,000 waits, past the history limit", s.by(mean, "too long", 0.001)},
	})
	if !publish("schedule", text) {
		t.Error("docs/performance.md is out of date: go test ./test/bench -run Schedule -update")
	}
}
