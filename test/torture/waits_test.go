package torture

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// inWorld lets waits pass in a world of its own: its time goes on when all of them sleep.
func inWorld(t *testing.T, number uint64, sum *report, fill func(*world)) (w *world) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, number, sum)
		w.mu.Lock()
		fill(w)
		w.mu.Unlock()
		w.group.Wait()
	})
	return w
}

// TestWaitsUnderChaos: no wait is lost, each check says what an observer says who knows all, and the end is noticed in
// time. Outages, throttling, rotations and agents that come and go try to prevent it. Each tenant has waits that begin
// within a week of bad weather.
func TestWaitsUnderChaos(t *testing.T) {
	sum := newReport(t)
	for tenant := range pick(5, 40) {
		t.Run(fmt.Sprint(tenant), func(t *testing.T) {
			t.Parallel()
			inWorld(t, uint64(1000+tenant), sum, func(w *world) {
				w.badWeather()
				for n := range pick(100, 250) {
					l := newLife(w.r, int64(n+1), newYear.Add(within(w.r, week)))
					if n%10 == 0 {
						w.strand(l, pickOne(w.r, w.weather[apiDown]...))
					}
					w.start(l)
				}
			})
		})
	}
}

// strand moves the deadline of a wait into an outage that is long enough and comes in time. Its action goes on for
// longer.
func (w *world) strand(l *life, outage spell) {
	first := outage.from.Sub(l.began)
	last := outage.to.Sub(l.began) - promise - time.Second
	if first < time.Minute || first >= last || last > week {
		return
	}
	l.deadline = (first + within(w.r, last-first)).Truncate(time.Second) + time.Second
	end := l.began.Add(l.deadline)
	l.stranded = !slices.ContainsFunc(w.weather[lambdaDown], func(s spell) bool { // nobody could say XDR.TimedOut
		return spell{s.from.Add(-promise), s.to}.covers(end)
	})
	for n := range l.endpoints {
		e := &l.endpoints[n]
		e.ends = l.deadline + week
		e.returned = 0 // it is never gone
	}
}

// TestOneSpell: waits meet one long spell of bad weather that covers their deadlines. They end as XDR.TimedOut; their
// processes are all new, so that none has a secret to fall back on. If the function can never be run, the machine's own
// limit ends the wait.
func TestOneSpell(t *testing.T) {
	deadlines := spell{newYear.Add(3 * time.Hour), newYear.Add(12 * time.Hour)}
	for weather, c := range map[string]struct {
		spell
		want string
	}{
		apiDown:     {deadlines, string(handler.TimedOut)},
		throttled:   {deadlines, string(handler.TimedOut)},
		secretsDown: {deadlines, string(handler.TimedOut)},
		lambdaDown:  {spell{newYear, newYear.Add(2 * week)}, "States.Timeout"},
	} {
		t.Run(weather, func(t *testing.T) {
			t.Parallel()
			sum := newReport(t)
			waits := pick(20, 1_000)
			inWorld(t, 9, sum, func(w *world) {
				w.cold = 1
				w.weather[weather] = []spell{c.spell}
				for n := range waits {
					l := newLife(w.r, int64(n+1), newYear.Add(within(w.r, 2*time.Hour)))
					w.strand(l, c.spell)
					w.start(l)
				}
			})
			if sum.figures[endedBy+c.want] != waits {
				t.Error("not all of them ended like that")
			}
		})
	}
}

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
			best, _, _ := crowd(t, c.waits, c.runs, 0, 100*time.Millisecond)
			for _, reserved := range []int{5, 0} {
				lags, attempts, refused := crowd(t, c.waits, c.runs, reserved, 0)
				name := map[int]string{5: "5", 0: "none"}[reserved]
				fmt.Printf("scale waits=%d reserved=%s p50=%v p90=%v worst=%v bound=%v attempts=%d\n",
					c.waits, name, share(lags, 50), share(lags, 90), share(lags, 100), share(best, 90), attempts/c.runs)
				if share(lags, 90) > c.p90 || len(lags) != c.waits*c.runs {
					t.Errorf("the goal for p90 is %v; %d lags", c.p90, len(lags))
				}
				if reserved > 0 && refused > 0 {
					t.Errorf("%d requests over the limit, which the reserved concurrency should keep", refused)
				}
			}
		})
	}
}

// crowd lets waits pass in so many runs. It returns their lags, sorted, and the attempts and refusals of all runs.
func crowd(t *testing.T, waits, runs, reserved int, pace time.Duration) (lags []time.Duration, attempts, refused int) {
	sum := &report{figures: make(map[string]int)} // its figures are not printed
	for run := range runs {
		w := inWorld(t, uint64(7000+run), sum, func(w *world) {
			w.takes = 500 * time.Millisecond
			w.capacity = reserved
			w.pace = pace
			for n := range waits {
				began := newYear.Add(within(w.r, time.Minute)).Truncate(time.Millisecond)
				ends := between(w.r, 10*time.Second, 10*time.Minute)
				w.start(&life{
					id: int64(n + 1), began: began, deadline: week,
					endpoints: []endpoint{{agent: "a", ends: ends, last: success}},
				})
			}
		})
		lags = append(lags, w.lags...)
	}
	slices.Sort(lags)
	return lags, sum.figures["checks"], sum.figures[tooMany]
}

// share is the lag that so many per cent of the waits do not exceed.
func share(lags []time.Duration, percent int) time.Duration {
	return lags[(len(lags)*percent+99)/100-1].Round(time.Second)
}
