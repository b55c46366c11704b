package torture

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"
)

// chaos is a tenant with so many waits that begin within a week of bad weather.
func chaos(t *testing.T, tenant, waits int) *fleet {
	f := newFleet(t, uint64(1000+tenant))
	f.weather(monday)
	for n := range waits {
		began := monday.Add(time.Duration(f.r.Int64N(int64(7 * 24 * time.Hour))))
		l := newLife(f.r, int64(n+1), began)
		if n%10 == 0 {
			f.strand(l, pickOne(f.r, f.apiDown...))
		}
		f.start(l)
	}
	f.run()
	return f
}

// TestWaitsUnderChaos: no wait is lost, each check says what an all-knowing observer says, and the end is noticed in
// time, through outages, throttling, rotations and agents that come and go.
func TestWaitsUnderChaos(t *testing.T) {
	tenants, waits := pick(5, 40), pick(100, 250)
	var mu sync.Mutex
	total := figures{verdicts: make(map[string]int)}
	t.Run("tenants", func(t *testing.T) {
		for n := range tenants {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				f := chaos(t, n, waits)
				mu.Lock()
				defer mu.Unlock()
				total.add(f.sum)
			})
		}
	})
	t.Logf("%d waits, %d checks, %d of them errors, %d deadlines: none lost, none wrong; seed %d, digest %x",
		total.waits, total.checks, total.errors, total.deadlines, *seed, total.digest)
	t.Logf("worst lag %v, without an error right before %v; past the deadline in an outage %v at most; most events %d",
		total.worstLag, total.worstCalmLag, total.worstGivingUp, total.events)
	t.Logf("ends: %v", total.verdicts)
	if total.waits != tenants*waits {
		t.Errorf("%d of %d waits ended", total.waits, tenants*waits)
	}
}

func (s *figures) add(other figures) {
	s.waits, s.checks, s.errors, s.deadlines = s.waits+other.waits, s.checks+other.checks, s.errors+other.errors, s.deadlines+other.deadlines
	s.events = max(s.events, other.events)
	s.worstLag, s.worstCalmLag = max(s.worstLag, other.worstLag), max(s.worstCalmLag, other.worstCalmLag)
	s.worstGivingUp = max(s.worstGivingUp, other.worstGivingUp)
	s.digest ^= other.digest
	for end, n := range other.verdicts {
		s.verdicts[end] += n
	}
}

// strand moves the deadline of a wait into an outage, if that is long enough and comes in time; its action goes on for
// longer.
func (f *fleet) strand(l *life, outage spell) {
	const week = 7 * 24 * time.Hour
	first := outage.from.Sub(l.began)
	last := outage.to.Sub(l.began) - f.workflow.longestPause() - slowest - time.Second
	if first < time.Minute || first >= last || last > week {
		return
	}
	l.deadline = (first + time.Duration(f.r.Int64N(int64(last-first)))).Truncate(time.Second) + time.Second
	l.stranded = true
	for n := range l.endpoints {
		l.endpoints[n].ends = l.deadline + week
	}
}

// TestDeadlineInAnOutage: a wait whose deadline falls into an outage ends as XDR.TimedOut, whichever service is down. The
// processes are all new, so that none has a secret to fall back on.
func TestDeadlineInAnOutage(t *testing.T) {
	t.Parallel()
	outage := spell{monday.Add(3 * time.Hour), monday.Add(12 * time.Hour)}
	for name, breaks := range map[string]func(*fleet){
		"API":             func(f *fleet) { f.apiDown = spells{outage} },
		"Secrets Manager": func(f *fleet) { f.secretsDown, f.cold = spells{outage}, 1 },
	} {
		waits := pick(20, 1_000)
		f := newFleet(t, 9)
		breaks(f)
		for n := range waits {
			l := newLife(f.r, int64(n+1), monday.Add(time.Duration(f.r.Int64N(int64(2*time.Hour)))))
			f.strand(l, outage)
			f.start(l)
		}
		f.run()
		t.Logf("%s down: %d waits, %v, %v past the deadline at most", name, waits, f.sum.verdicts, f.sum.worstGivingUp)
		if f.sum.verdicts[timedOut] != waits {
			t.Errorf("%s down: %v", name, f.sum.verdicts)
		}
	}
}

func TestChaosIsDeterministic(t *testing.T) {
	t.Parallel()
	one, two := chaos(t, 0, 40).sum, chaos(t, 0, 40).sum
	if one.digest != two.digest || !maps.Equal(one.verdicts, two.verdicts) {
		t.Errorf("%+v\n%+v", one, two)
	}
}

// TestOutageOfAlmostSevenDays: the longest wait that a request may ask for meets an outage that ends an hour before its
// deadline. It must end with the truth, and its history must hold it.
func TestOutageOfAlmostSevenDays(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	f := newFleet(t, 1)
	l := newLife(f.r, 1, monday)
	l.deadline, l.endpoints = week, []endpoint{{agent: "a", ends: week / 2, last: "COMPLETED_SUCCESSFULLY"}}
	f.apiDown = spells{{monday, monday.Add(week - time.Hour)}}
	f.start(l)
	f.run()
	t.Logf("%d events, %d failed attempts", f.sum.events, f.sum.errors)
}

// TestThousandWaitsInOneSecond shows what the tenant's limit of 10 requests a second makes of a wave, by the function's
// reserved concurrency and the time that a check takes.
func TestThousandWaitsInOneSecond(t *testing.T) {
	for _, takes := range pick([]time.Duration{500 * time.Millisecond}, []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second}) {
		for _, capacity := range []int{0, 10, 5, 2} {
			f := newFleet(t, 7)
			f.takes, f.capacity = takes, capacity
			for n := range 1000 {
				l := newLife(f.r, int64(n+1), monday.Add(time.Duration(f.r.Int64N(int64(time.Second)))))
				l.deadline, l.endpoints = 24*time.Hour, l.endpoints[:1]
				l.endpoints[0] = endpoint{agent: "a", ends: between(f.r, time.Minute, 2*time.Hour), last: "COMPLETED_SUCCESSFULLY"}
				l.expectedAgents = false
				f.start(l)
			}
			f.run()
			t.Logf("check of %v, concurrency %d: most requests in a second %d, answered 429: %d of %d, no capacity: %d; worst lag %v, most events %d",
				takes, capacity, f.peak, f.refused, f.sent, f.crowded, f.sum.worstLag.Round(time.Second), f.sum.events)
			if capacity > 0 && time.Duration(capacity)*time.Second <= 10*takes && f.refused > 0 {
				t.Errorf("concurrency %d, checks of %v: %d requests over the limit", capacity, takes, f.refused)
			}
		}
	}
}
