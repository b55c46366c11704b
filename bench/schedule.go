package main

import (
	"fmt"
	"math"
	"slices"
)

// schedule says after how many seconds to ask again, from the seconds that have passed.
type schedule struct {
	name string
	next func(elapsed float64) float64
}

// growing is the step's own: a fraction of the time that has passed, within bounds, in whole seconds. jitter is the
// factor, at most 1, that chance puts to it.
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
	return schedule{fmt.Sprintf("backoff ×2, at most %v s", most), func(elapsed float64) float64 { return min(most, elapsed+5) }}
}

// The names under which schedules are compared.
const (
	nameSchedule = "this step: 0.1, 5–300 s"
	nameEvery30  = "every 30 s"
)

// schedules are the step's defaults and their peers.
var schedules = []schedule{
	growing(nameSchedule, 0.1, 5, 300, 1), growing("the same, most jitter", 0.1, 5, 300, 0.9),
	fixed(15), fixed(30), fixed(60), doubling(300), doubling(3600),
}

// variants are other numbers for the same rule.
func variants() (all []schedule) {
	for _, fraction := range []float64{0.05, 0.1, 0.15, 0.2, 0.3} {
		for _, least := range []float64{2, 5, 10} {
			for _, most := range []float64{60, 300, 600, 900} {
				all = append(all, growing(fmt.Sprintf("%v, %v–%v s", fraction, least, most), fraction, least, most, 1))
			}
		}
	}
	return all
}

const (
	perTransition = 0.025 / 1000 // dollars
	transitions   = 3            // billed for a check: Check, Decide, Wait
	events        = 9            // of the history for a check
	maxEvents     = 25_000
)

// outcome is what a schedule makes of many waits.
type outcome struct {
	Name        string
	Checks      float64 // a wait, in the mean
	Dollars     float64 // of transitions, for 1,000 waits
	MeanLag     float64 // seconds
	WorstLag    float64
	RelativeLag float64 // mean of the lag as a part of the action's duration
	OverBound   float64 // worst lag as a multiple of max(5 s, 10 %), up to the maximum wait
	TooLong     int     // waits that pass the history limit, of 1,000
}

func simulate(s schedule, durations []float64) outcome {
	o := outcome{Name: s.name}
	for _, d := range durations {
		checks, lag := follow(s, d)
		o.Checks += checks
		o.MeanLag += lag
		o.WorstLag = max(o.WorstLag, lag)
		o.RelativeLag += lag / d
		o.OverBound = max(o.OverBound, lag/max(5, min(300, d/10)))
		if checks*events > maxEvents {
			o.TooLong++
		}
	}
	n := float64(len(durations))
	o.Checks, o.MeanLag, o.RelativeLag = o.Checks/n, o.MeanLag/n, o.RelativeLag/n
	o.Dollars = o.Checks * transitions * perTransition * 1000
	o.TooLong = o.TooLong * 1000 / len(durations)
	return o
}

// follow asks until the action, which takes d seconds, is seen to have ended.
func follow(s schedule, d float64) (checks, lag float64) {
	elapsed := 0.0
	for checks = 1; elapsed < d; checks++ {
		elapsed += s.next(elapsed)
	}
	return checks, elapsed - d
}

const day = 86400.0

// logUniform are n durations between two, evenly spread over their logarithm.
func logUniform(n int, from, to float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = from * math.Pow(to/from, (float64(i)+0.5)/float64(n))
	}
	return all
}

// mix is the actions of an installation.
type mix struct {
	name      string
	durations []float64
}

var mixes = []mix{
	{"5 s to 7 days, log-uniform", logUniform(2000, 5, 7*day)},
	{"80 % online (5 s to 15 min), 20 % with an endpoint offline (1 h to 7 days)", append(logUniform(1600, 5, 900), logUniform(400, 3600, 7*day)...)},
}

// simulated is what all schedules make of one mix.
type simulated struct {
	Mix       string
	Schedules []outcome
	Variants  []outcome
}

func simulateAll() (all []simulated) {
	for _, m := range mixes {
		r := simulated{Mix: m.name}
		for _, s := range schedules {
			r.Schedules = append(r.Schedules, simulate(s, m.durations))
		}
		for _, s := range variants() {
			r.Variants = append(r.Variants, simulate(s, m.durations))
		}
		all = append(all, r)
	}
	return all
}

// of finds an outcome by its name.
func (r simulated) of(name string) outcome {
	return r.Schedules[slices.IndexFunc(r.Schedules, func(o outcome) bool { return o.Name == name })]
}
