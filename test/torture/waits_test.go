package torture

import (
	"fmt"
	"slices"
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
		fill(w)
		w.run()
	})
	return w
}

// TestWaitsUnderChaos: no wait is lost, each check says what an observer says who knows all, and the end is noticed in
// time. Outages, throttling, rotations and agents that come and go try to prevent it. Each tenant has waits that begin
// within a week of bad weather.
func TestWaitsUnderChaos(t *testing.T) {
	tenants := pick(5, 40)
	waits := pick(100, 250)
	sum := newReport()
	t.Run("tenants", func(t *testing.T) {
		for tenant := range tenants {
			t.Run(fmt.Sprint(tenant), func(t *testing.T) {
				t.Parallel()
				inWorld(t, uint64(1000+tenant), sum, func(w *world) {
					w.badWeather()
					for n := range waits {
						l := newLife(w.r, int64(n+1), newYear.Add(within(w.r, week)))
						if n%10 == 0 {
							w.strand(l, pickOne(w.r, w.weather[apiDown]...))
						}
						w.add(l)
					}
				})
			})
		}
	})
	sum.count(mistakes, tenants*waits-sum.figures[waitsEnded])
	sum.print(t)
	if sum.figures[mistakes] != 0 {
		t.Errorf("%d of %d waits ended", sum.figures[waitsEnded], tenants*waits)
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

// TestDeadlineInAnOutage: a wait whose deadline falls into an outage ends as XDR.TimedOut. The processes are all new, so
// that none has a secret to fall back on.
func TestDeadlineInAnOutage(t *testing.T) {
	for _, weather := range []string{apiDown, throttled, secretsDown} {
		t.Run(weather, func(t *testing.T) {
			t.Parallel()
			waits := pick(20, 1_000)
			outage := spell{newYear.Add(3 * time.Hour), newYear.Add(12 * time.Hour)}
			sum := newReport()
			inWorld(t, 9, sum, func(w *world) {
				w.weather[weather] = []spell{outage}
				w.cold = 1
				for n := range waits {
					l := newLife(w.r, int64(n+1), newYear.Add(within(w.r, 2*time.Hour)))
					w.strand(l, outage)
					w.add(l)
				}
			})
			sum.print(t)
			if sum.figures[endedBy+string(handler.TimedOut)] != waits {
				t.Errorf("not all of the %d waits ended as they should", waits)
			}
		})
	}
}

// TestBadWeekIsSurvived: the longest wait that a request may ask for meets bad weather until an hour before its deadline.
// It must end with the truth, and its history must hold it. If the function can never be run, the machine's own limit
// ends the wait.
func TestBadWeekIsSurvived(t *testing.T) {
	meet := func(t *testing.T, weather string, s spell, want string) {
		t.Run(weather+", "+want, func(t *testing.T) {
			t.Parallel()
			sum := newReport()
			inWorld(t, 1, sum, func(w *world) {
				w.weather[weather] = []spell{s}
				for n := range pick(2, 100) {
					w.add(simple(int64(n+1), newYear, week/2))
				}
			})
			sum.print(t)
			if sum.figures[endedBy+want] != pick(2, 100) {
				t.Error("not all of them ended like that")
			}
		})
	}
	for _, weather := range []string{apiDown, throttled, secretsDown, mixed, lambdaDown} {
		meet(t, weather, spell{newYear, newYear.Add(week - time.Hour)}, "done, all_succeeded")
	}
	meet(t, lambdaDown, spell{newYear.Add(time.Hour), newYear.Add(2 * week)}, "States.Timeout")
}
