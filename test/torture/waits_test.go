package torture

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// chaos is a tenant with so many waits that begin within a week of bad weather.
func chaos(t *testing.T, tenant, waits int, sum *report) {
	f := newFleet(t, uint64(1000+tenant), sum)
	f.weather(monday)
	for n := range waits {
		l := newLife(f.r, int64(n+1), monday.Add(within(f.r, week)))
		if n%10 == 0 {
			f.strand(l, pickOne(f.r, f.apiDown...))
		}
		f.start(l, f.delay(l))
	}
	f.run()
}

// delay is how much later than the action its execution starts.
func (f *fleet) delay(l *life) time.Duration {
	if !l.dated {
		return 0
	}
	return min(l.deadline/2, within(f.r, 10*time.Minute)).Truncate(time.Millisecond)
}

// TestWaitsUnderChaos: no wait is lost, each check says what an observer says who knows all, and the end is noticed in
// time. Outages, throttling, rotations and agents that come and go try to prevent it.
func TestWaitsUnderChaos(t *testing.T) {
	tenants := pick(5, 40)
	waits := pick(100, 250)
	sum := newReport()
	t.Run("tenants", func(t *testing.T) {
		for n := range tenants {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				chaos(t, n, waits, sum)
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
func (f *fleet) strand(l *life, outage spell) {
	first := outage.from.Sub(l.began)
	last := outage.to.Sub(l.began) - soon - time.Second
	if first < time.Minute || first >= last || last > week {
		return
	}
	l.deadline = (first + within(f.r, last-first)).Truncate(time.Second) + time.Second
	end := l.began.Add(l.deadline)
	l.stranded = !slices.ContainsFunc(f.lambdaDown, func(s spell) bool { // nobody could say XDR.TimedOut
		return end.After(s.from.Add(-soon)) && end.Before(s.to)
	})
	for n := range l.endpoints {
		e := &l.endpoints[n]
		e.ends = l.deadline + week
		e.returned = 0 // it is never gone
	}
}

// bad is one kind of weather in a spell.
var bad = map[string]func(*world, spell){
	"the API is down":            func(w *world, s spell) { w.apiDown = spells{s} },
	"the API throttles":          func(w *world, s spell) { w.throttled = spells{s} },
	"Secrets Manager is down":    func(w *world, s spell) { w.secretsDown = spells{s} },
	"anything happens":           func(w *world, s spell) { w.mixed = spells{s} },
	"the function cannot be run": func(w *world, s spell) { w.lambdaDown = spells{s} },
}

// TestDeadlineInAnOutage: a wait whose deadline falls into an outage ends as XDR.TimedOut. The processes are all new, so
// that none has a secret to fall back on.
func TestDeadlineInAnOutage(t *testing.T) {
	for _, weather := range []string{"the API is down", "the API throttles", "Secrets Manager is down"} {
		t.Run(weather, func(t *testing.T) {
			t.Parallel()
			waits := pick(20, 1_000)
			outage := spell{monday.Add(3 * time.Hour), monday.Add(12 * time.Hour)}
			f := newFleet(t, 9, newReport())
			bad[weather](f.world, outage)
			f.cold = 1
			for n := range waits {
				l := newLife(f.r, int64(n+1), monday.Add(within(f.r, 2*time.Hour)))
				f.strand(l, outage)
				f.start(l, f.delay(l))
			}
			f.run()
			f.sum.print(t)
			if f.sum.figures[endedBy+string(handler.TimedOut)] != waits {
				t.Errorf("not all of the %d waits ended as they should", waits)
			}
		})
	}
}

// TestBadWeekIsSurvived: the longest wait that a request may ask for meets bad weather until an hour before its deadline.
// It must end with the truth, and its history must hold it. If the function can never be run, the machine's own limit
// ends the wait.
func TestBadWeekIsSurvived(t *testing.T) {
	for weather, begin := range bad {
		t.Run(weather, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1, newReport())
			begin(f.world, spell{monday, monday.Add(week - time.Hour)})
			for n := range pick(2, 100) {
				f.start(simple(int64(n+1), monday, week/2), 0)
			}
			f.run()
			f.sum.print(t)
			if f.sum.figures[endedBy+"done, all_succeeded"] != f.sum.figures[waitsEnded] {
				t.Error("not all of them are done")
			}
		})
	}
	f := newFleet(t, 1, newReport())
	f.lambdaDown = spells{{monday.Add(time.Hour), monday.Add(2 * week)}}
	f.start(simple(1, monday, week/2), 0)
	f.run()
	if f.sum.figures[endedBy+"States.Timeout"] != 1 {
		t.Errorf("a function that can never be run: %v", f.sum.figures)
	}
}
