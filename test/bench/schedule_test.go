package bench

import (
	"fmt"
	"math"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// schedule says how many seconds after a check to check again, from the seconds that have passed.
type schedule struct {
	name string
	next func(elapsed float64) float64
}

// growing is the step's own, see waitSeconds in pkg/handler. jitter is the factor that chance has chosen.
func growing(name string, fraction, least, most, jitter float64) schedule {
	return schedule{name, func(elapsed float64) float64 {
		return math.Floor(max(least, jitter*min(most, elapsed*fraction)))
	}}
}

func fixed(seconds float64) schedule {
	return schedule{fmt.Sprintf("every %v s", seconds), func(float64) float64 { return seconds }}
}

// doubling is exponential backoff: 5, 10, 20… seconds. After n waits 5·(2^n−1) seconds have passed.
func doubling(most float64) schedule {
	return schedule{
		name: fmt.Sprintf("backoff ×2, at most %v s", most),
		next: func(elapsed float64) float64 { return min(most, elapsed+5) },
	}
}

// schedules are the step's defaults, its peers, and the step with other numbers.
var schedules = []schedule{
	growing("this step: 0.1, 5–600 s", 0.1, 5, 600, 1),
	growing("the same, most jitter", 0.1, 5, 600, 0.9),
	fixed(15),
	fixed(30),
	fixed(60),
	doubling(600),
	doubling(3600),
	growing("0.1, 2–600 s", 0.1, 2, 600, 1),
	growing("0.1, 5–300 s", 0.1, 5, 300, 1),
	growing("0.2, 5–600 s", 0.2, 5, 600, 1),
}

// mixes are the durations of actions in seconds.
var mixes = []struct {
	name      string
	durations []float64
}{
	{"5 s to 7 days, log-uniform", logUniform(2000, 5, 7*day)},
	{
		"80 % online (5 s to 15 min), 20 % with an endpoint offline (1 h to 7 days)",
		append(logUniform(1600, 5, 900), logUniform(400, 3600, 7*day)...),
	},
}

const day = 86400.0

// logUniform returns n durations between two, evenly spread over their logarithm.
func logUniform(n int, from, to float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = from * math.Pow(to/from, (float64(i)+0.5)/float64(n))
	}
	return all
}

// outcome is what a schedule makes of many waits.
type outcome struct {
	checks      float64 // a wait, in the mean
	meanLag     float64 // seconds
	worstLag    float64 // seconds
	relativeLag float64 // mean of the lag in percent of the action's duration
	overBound   float64 // worst lag as a multiple of max(5 s, 10 %), up to the maximum wait
	tooLong     float64 // waits of 1,000 that pass the limit of an execution's history
}

func simulate(s schedule, durations []float64) (o outcome) {
	n := float64(len(durations))
	for _, d := range durations {
		checks, lag := follow(s, d)
		o.checks += checks / n
		o.meanLag += lag / n
		o.worstLag = max(o.worstLag, lag)
		o.relativeLag += 100 * lag / d / n
		o.overBound = max(o.overBound, lag/max(5, min(600, d/10)))
		if checks*asl.EventsLoop > asl.MaxEvents {
			o.tooLong += 1000 / n
		}
	}
	return o
}

// follow checks until the action, which takes d seconds, is seen to have ended.
func follow(s schedule, d float64) (checks, lag float64) {
	elapsed := 0.0
	for checks = 1; elapsed < d; checks++ {
		elapsed += s.next(elapsed)
	}
	return checks, elapsed - d
}

// TestSchedule also holds docs/performance.md to the simulation.
func TestSchedule(t *testing.T) {
	t.Parallel()
	const dollars = 3 * 0.025 // of the 3 state transitions of 1,000 checks
	var names []string
	for _, s := range schedules {
		names = append(names, s.name)
	}
	text := ""
	for _, m := range mixes {
		of := map[string]outcome{}
		for _, s := range schedules {
			of[s.name] = simulate(s, m.durations)
		}
		ours := of[names[0]]
		if most := of["every 30 s"].checks / 5; ours.checks > most {
			t.Errorf("%s: %.0f checks, more than %.0f, a fifth of every 30 s", m.name, ours.checks, most)
		}
		if ours.overBound > 1 || ours.worstLag > 600 {
			t.Errorf("%s: lag %.2f × max(5 s, 10 %%), at worst %.0f s", m.name, ours.overBound, ours.worstLag)
		}
		if ours.tooLong > 0 {
			t.Errorf("%s: %v of 1,000 waits pass the history limit", m.name, ours.tooLong)
		}
		text += table("Schedule: "+m.name, names, []column{
			{"checks", func(s string) float64 { return of[s].checks }},
			{"$ for 1,000 waits", func(s string) float64 { return of[s].checks * dollars }},
			{"mean lag, s", func(s string) float64 { return of[s].meanLag }},
			{"mean lag, % of the duration", func(s string) float64 { return of[s].relativeLag }},
			{"worst lag, s", func(s string) float64 { return of[s].worstLag }},
			{"of 1,000 waits, past the history limit", func(s string) float64 { return of[s].tooLong }},
		})
	}
	if publish(t, "schedule", text) != text {
		t.Error("docs/performance.md is out of date: go test ./test/bench -run Schedule -update")
	}
}

// The same numbers as in the design: checks until the end is seen.
func TestFollow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schedule       schedule
		duration, want float64
	}{
		{schedules[0], 10, 3},
		{schedules[0], 60, 13},
		{schedules[0], 3600, 57},
		{schedules[0], 7 * day, 1061},
		{fixed(30), 10, 2},
		{fixed(30), 60, 3},
		{fixed(30), 7 * day, 20161},
		{doubling(600), 75, 5},
	} {
		checks, lag := follow(c.schedule, c.duration)
		if checks != c.want || lag < 0 {
			t.Errorf("%s, %v s: %v checks, want %v; lag %v", c.schedule.name, c.duration, checks, c.want, lag)
		}
	}
}
