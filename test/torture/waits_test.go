package torture

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// chaos is a tenant with so many waits that begin within a week of bad weather.
func chaos(t *testing.T, tenant, waits int, sum *report) *fleet {
	f := newFleet(t, uint64(1000+tenant), sum)
	f.weather(monday)
	for n := range waits {
		l := newLife(f.r, int64(n+1), monday.Add(within(f.r, week)))
		if n%10 == 0 {
			f.strand(l, pickOne(f.r, f.apiDown...))
		}
		f.start(l)
	}
	f.run()
	return f
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
	sum.print(t)
	if ended := sum.figures[waitsEnded]; ended != tenants*waits {
		t.Errorf("%d of %d waits ended", ended, tenants*waits)
	}
}

// strand moves the deadline of a wait into an outage that is long enough and comes in time. Its action goes on for
// longer.
func (f *fleet) strand(l *life, outage spell) {
	first := outage.from.Sub(l.began)
	last := outage.to.Sub(l.began) - f.workflow.longestPause() - slowest - time.Second
	if first < time.Minute || first >= last || last > week {
		return
	}
	l.deadline = (first + within(f.r, last-first)).Truncate(time.Second) + time.Second
	l.stranded = true
	for n := range l.endpoints {
		l.endpoints[n].ends = l.deadline + week
	}
}

// TestDeadlineInAnOutage: a wait whose deadline falls into an outage of Secrets Manager ends as XDR.TimedOut. The
// processes are all new, so that none has a secret to fall back on. Outages of the API are part of the chaos.
func TestDeadlineInAnOutage(t *testing.T) {
	t.Parallel()
	waits := pick(20, 1_000)
	outage := spell{monday.Add(3 * time.Hour), monday.Add(12 * time.Hour)}
	f := newFleet(t, 9, newReport())
	f.secretsDown = spells{outage}
	f.cold = 1
	for n := range waits {
		l := newLife(f.r, int64(n+1), monday.Add(within(f.r, 2*time.Hour)))
		f.strand(l, outage)
		f.start(l)
	}
	f.run()
	f.sum.print(t)
	if f.sum.figures[endedBy+string(handler.TimedOut)] != waits {
		t.Errorf("not all of the %d waits ended as they should", waits)
	}
}

func TestChaosIsDeterministic(t *testing.T) {
	t.Parallel()
	one := chaos(t, 0, 40, newReport())
	two := chaos(t, 0, 40, newReport())
	if one.digest != two.digest || !maps.Equal(one.sum.figures, two.sum.figures) {
		t.Errorf("%v\n%v", one.sum.figures, two.sum.figures)
	}
}

// TestOutageOfAlmostSevenDays: the longest wait that a request may ask for meets an outage that ends an hour before its
// deadline. It must end with the truth, and its history must hold it.
func TestOutageOfAlmostSevenDays(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, newReport())
	l := newLife(f.r, 1, monday)
	l.deadline = week
	l.endpoints = []endpoint{{agent: "a", ends: week / 2, last: "COMPLETED_SUCCESSFULLY"}}
	f.apiDown = spells{{monday, monday.Add(week - time.Hour)}}
	f.start(l)
	f.run()
	f.sum.print(t)
}

// TestThousandWaitsInOneSecond shows what the tenant's limit of 10 requests a second does to a wave, by the function's
// reserved concurrency and the time that a check takes.
func TestThousandWaitsInOneSecond(t *testing.T) {
	all := []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second}
	for _, takes := range pick(all[1:2], all) {
		for _, capacity := range []int{0, 10, 5, 2} {
			f := newFleet(t, 7, newReport())
			f.takes = takes
			f.capacity = capacity
			for n := range 1000 {
				l := newLife(f.r, int64(n+1), monday.Add(within(f.r, time.Second)))
				l.deadline = 24 * time.Hour
				ends := between(f.r, time.Minute, 2*time.Hour)
				l.endpoints = []endpoint{{agent: "a", ends: ends, last: "COMPLETED_SUCCESSFULLY"}}
				l.expectedAgents = false
				f.start(l)
			}
			f.run()
			t.Logf("check of %v, concurrency %d: most requests in a second %d, answered 429: %d of %d; worst lag %d s",
				takes, capacity, f.peak, f.refused, f.sent, f.sum.figures[worstLag])
			if capacity > 0 && time.Duration(capacity)*time.Second <= 10*takes && f.refused > 0 {
				t.Errorf("concurrency %d, checks of %v: %d requests over the limit", capacity, takes, f.refused)
			}
		}
	}
}
