package repo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

const (
	day       = 86400.0
	strays    = 0.02 // of the attempts on a quiet day that fail
	throttles = 0.1  // of the attempts on a quiet day that are throttled
	late      = 2    // minutes until a log line is a metric and an alarm has looked at it
)

// The fate of an attempt, as the metrics count it. What else they count plays no part in an outage.
const (
	answered = iota
	failed
	throttled
	fates
)

// An alarm on metric math, and the fate of all attempts while it must ring. Times are in minutes.
type alarm struct {
	during          int
	weights         [fates]float64 // what each adds to its expression
	period, periods int
	threshold       float64
}

// Throttled attempts fail too. Where nothing is counted, SUM and FILL make 0 or no value, which rings neither alarm.
const (
	outageMath   = "2 * failed - SUM([failed, FILL(answered, 0), FILL(slowed, 0), FILL(throttled, 0), FILL(ended, 0)])"
	throttleMath = "2 * SUM([FILL(slowed, 0), FILL(throttled, 0)]) - " +
		"SUM([FILL(slowed, 0), FILL(throttled, 0), FILL(answered, 0)])"
)

func outageAlarms(t *testing.T) map[string]alarm {
	t.Helper()
	all := map[string]alarm{
		"OutageAlarm":   {during: failed, weights: [fates]float64{answered: -1, failed: 1, throttled: -1}},
		"ThrottleAlarm": {during: throttled, weights: [fates]float64{answered: -1, throttled: 1}},
	}
	template := load(t)
	for name, a := range all {
		a.period = number(t, property(template, name+".Metrics.1.MetricStat.Period").Value) / 60
		a.periods = number(t, property(template, name+".EvaluationPeriods").Value)
		a.threshold = float64(number(t, property(template, name+".Threshold").Value))
		all[name] = a
	}
	return all
}

// rings tells for each minute whether the alarm is on at its end, from what the minutes add to its expression.
// CloudWatch looks every minute, at the periods before.
func (a alarm) rings(minutes []float64) []bool {
	on := make([]bool, len(minutes))
	sum := 0.0
	for minute, added := range minutes {
		sum += added
		if minute >= a.period {
			sum -= minutes[minute-a.period]
		}
		for later := minute; sum >= a.threshold && later < min(minute+a.periods*a.period, len(on)); later += a.period {
			on[later] = true
		}
	}
	return on
}

// A model makes the attempts of open waits, with the delays of the function and of the workflow.
type model struct {
	*rand.Rand

	config   handler.Config
	retriers map[int]asl.Retrier // by fate
	timeout  float64
}

func newModel(t *testing.T, seed uint64) model {
	t.Helper()
	machine := workflow(t)
	check := machine.States["Check"].Retry
	outage, _ := machine.Retried("Check", string(handler.Unavailable))
	throttle, _ := machine.Retried("Check", string(handler.Throttled))
	return model{
		Rand:     rand.New(rand.NewPCG(seed, 0)),
		config:   handler.DefaultConfig(),
		retriers: map[int]asl.Retrier{failed: check[outage.Index], throttled: check[throttle.Index]},
		timeout:  float64(number(t, property(load(t), "StatusFunction.Timeout").Value)),
	}
}

// age is anything from a minute to three days, as often short as long.
func (m model) age() float64 { return 60 * math.Pow(3*day/60, m.Float64()) }

// keepWaiting adds the attempts of one wait after the other. fate decides each attempt.
func (m model) keepWaiting(minutes []float64, weights [fates]float64, fate func(second float64) int) {
	add := func(fate int, second float64) {
		if minute := int(second / 60); minute >= 0 && minute < len(minutes) {
			minutes[minute] += weights[fate]
		}
	}
	length := 60 * float64(len(minutes))
	for began := m.age() - 3*day; began < length; {
		end := began + m.age()
		var tried [fates]int
		for now := began; now < end; {
			f := fate(now)
			if f == answered {
				add(answered, now)
				growing := min(m.config.MaxWait.Seconds(), (now-began)*m.config.WaitFraction) * (1 - m.Float64()/10)
				now += math.Floor(max(m.config.MinWait.Seconds(), growing))
				tried = [fates]int{}
				continue
			}
			if f == failed {
				now += m.Float64() * m.timeout
			} else {
				add(throttled, now)
			}
			add(failed, now+m.Float64()*3) // the services have clocks of their own
			now += m.retriers[f].Delay(tried[f], m.Float64())
			tried[f]++
		}
		began = end
	}
}

// Errors that pass and some throttling ring no alarm on 300 quiet days. An outage is noticed within half an hour,
// however few waits are open; so is one in which every attempt is throttled. Until it is over the alarm seldom says
// that it is.
func TestOutageAlarms(t *testing.T) {
	t.Parallel()
	const quiet, outage, times = 24 * 60, 24 * 60, 300 // minutes, in turn
	for name, alarm := range outageAlarms(t) {
		for _, waits := range []int{1, 2, 10, 30} {
			t.Run(fmt.Sprintf("%s/waits=%d", name, waits), func(t *testing.T) {
				t.Parallel()
				m := newModel(t, uint64(waits))
				minutes := make([]float64, times*(quiet+outage))
				for range waits {
					m.keepWaiting(minutes, alarm.weights, func(second float64) int {
						switch chance := m.Float64(); {
						case int(second/60)%(quiet+outage) >= quiet:
							return alarm.during
						case chance < strays:
							return failed
						case chance < strays+throttles:
							return throttled
						}
						return answered
					})
				}
				var worst, over int
				for turn := range slices.Chunk(alarm.rings(minutes), quiet+outage) {
					if slices.Contains(turn[2*60:quiet], true) { // two hours after the outage before
						t.Error("it goes off on a quiet day")
					}
					first := slices.Index(turn[quiet:], true)
					if first < 0 {
						t.Fatal("it misses an outage")
					}
					worst = max(worst, first+late)
					for minute := quiet + first; minute < len(turn)-1; minute++ {
						if turn[minute] && !turn[minute+1] {
							over++
						}
					}
				}
				t.Logf("noticed after at most %d minutes, and taken for over %d times in %d outages", worst, over, times)
				if worst > 30 || over > 0.55*times {
					t.Error("too late, or too often")
				}
			})
		}
	}
}
