package repo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/statemachine"
)

const (
	hour, day = 3600.0, 86400.0
	strays    = 0.02 // of the attempts on a quiet day that fail
	throttles = 0.1  // of the attempts on a quiet day that are throttled
	late      = 2    // minutes until a log line is a metric and an alarm has looked at it
)

// The fate of an attempt.
const (
	answered = iota
	failed
	throttled
)

// A model makes what open waits add to the metrics, with the delays of the template and of the workflow.
type model struct {
	*rand.Rand

	outage, throttle               asl.Retrier
	timeout, least, most, fraction float64
}

func newModel(t *testing.T, seed uint64) model {
	t.Helper()
	template := load(t)
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	seconds := func(path string) float64 { return float64(number(t, at(template, path).Value)) }
	m := model{
		Rand:     rand.New(rand.NewPCG(seed, 0)),
		timeout:  seconds("Resources.StatusFunction.Properties.Timeout"),
		least:    seconds("Parameters.MinWaitSeconds.Default"),
		most:     seconds("Parameters.MaxWaitSeconds.Default"),
		fraction: handler.DefaultConfig().WaitFraction,
	}
	for _, r := range machine.States["Check"].Retry {
		switch {
		case slices.Contains(r.ErrorEquals, asl.Wildcard):
			m.outage = r
		case slices.Contains(r.ErrorEquals, string(handler.Throttled)):
			m.throttle = r
		}
	}
	return m
}

// between is the time from an answer to the next check of a wait of that age.
func (m model) between(age float64) float64 {
	return max(m.least, math.Floor(min(m.most, age*m.fraction)*(1-m.Float64()/10)))
}

// age is anything from a minute to three days, as often short as long.
func (m model) age() float64 { return 60 * math.Pow(3*day/60, m.Float64()) }

// wait records the attempts of one wait from a second to another. fate decides each.
func (m model) wait(r record, age, from, until float64, fate func(second float64) int) {
	begin := from - age
	now := from + m.Float64()*m.between(age)
	var outages, throttlings int
	for now < until {
		switch fate(now) {
		case answered:
			r.add("PendingEndpoints", now)
			now += m.between(now - begin)
			outages, throttlings = 0, 0
		case failed:
			now += m.Float64() * m.timeout
			r.add("FailedChecks", now)
			now += m.outage.Delay(outages, m.Float64())
			outages++
		case throttled:
			r.add([]string{"Throttles", "ApiThrottles"}[m.IntN(2)], now)
			r.add("FailedChecks", now+m.Float64()*3) // the two services have clocks of their own
			now += m.throttle.Delay(throttlings, m.Float64())
			throttlings++
		}
	}
}

// always decides each attempt by chance.
func (m model) always(fail, throttle float64) func(float64) int {
	return func(float64) int {
		switch x := m.Float64(); {
		case x < fail:
			return failed
		case x < fail+throttle:
			return throttled
		}
		return answered
	}
}

func newRecord(length float64) record {
	r := record{}
	for _, metric := range []string{"FailedChecks", "PendingEndpoints", "Throttles", "ApiThrottles", "ExecutionsFailed"} {
		r[metric] = make([]float64, int(length/60))
	}
	return r
}

// outages returns after how many minutes an alarm goes off in each of 300 outages that meet some open waits; -1 for those
// that it misses. The hour before each is a quiet one.
func (m model) outages(t *testing.T, a alarm, waits int, during int, fills bool) []int {
	t.Helper()
	var minutes []int
	for range 300 {
		r := newRecord(2 * hour)
		begin := hour + 60*m.Float64()
		quiet := m.always(strays, throttles)
		for range waits {
			m.wait(r, m.age(), 0, 2*hour, func(second float64) int {
				if second >= begin {
					return during
				}
				return quiet(second)
			})
		}
		r.total()
		first := a.first(r, fills)
		if first >= 0 {
			first += late - int(begin/60)
		}
		if first >= 0 && first < late {
			t.Errorf("%d waits: it went off before the outage", waits)
		}
		minutes = append(minutes, first)
	}
	slices.Sort(minutes)
	return minutes
}

// quietDays records 300 days while waits come and go, so many at a time.
func (m model) quietDays(waits int) record {
	const length = 300 * day
	r := newRecord(length)
	for range waits {
		for now := m.age() - 3*day; now < length; {
			end := now + m.age()
			m.wait(r, 0, now, end, m.always(strays, throttles))
			now = end
		}
	}
	r.total()
	return r
}
