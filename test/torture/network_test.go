package torture

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	toxic "github.com/Shopify/toxiproxy/v2/client"
)

// TestNetworkFaults makes checks by the built binary through a seeded mix of faults between it and both services.
func TestNetworkFaults(t *testing.T) {
	lanes, checks := pick(32, 40), pick(3, 126)
	p, inject, sum := newPKI(t), injector(t), newSummary()
	t.Run("lanes", func(t *testing.T) {
		for n := range lanes {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				c := campaign{inject: inject, r: random(uint64(n)), sum: sum}
				if n%2 == 0 {
					c.p = &p
				}
				for left := checks; left > 0 && !t.Failed(); {
					left -= c.process(t, min(left, []int{1, 2, 25, 60}[c.r.IntN(4)]), n/2%2*300)
				}
			})
		}
	})
	sum.print(t)
}

// campaign is what the processes of one lane, one after the other, have in common.
type campaign struct {
	inject *toxic.Client
	p      *pki // nil without TLS
	r      *rand.Rand
	sum    *summary
}

// process makes up to so many checks with a process of their own, the first of them cold, and returns how many count.
func (c *campaign) process(t *testing.T, checks, ttl int) (done int) {
	t.Run("process", func(t *testing.T) {
		l := newServices(t, c.inject, c.p, ttl)
		for ; done < checks; done++ {
			if c.oneFault(t, l); l.api.hung || l.secrets.hung || t.Failed() {
				return
			}
		}
		c.settle(t, l)
	})
	return done
}

// oneFault makes one check while a random fault lasts, and judges it.
func (c *campaign) oneFault(t *testing.T, l *lane) {
	f := c.draw(l)
	at := &place{l, l.api, c.r, c.p}
	service, failure := "API", "XDR.Unavailable"
	if c.r.IntN(3) == 0 && f.name != "name does not resolve" {
		at.service, service, failure = l.secrets, "secret", "XDR.CredentialsUnavailable"
	}
	l.name = fmt.Sprintf("%s: %s, ttl %d, warm %v", service, f.name, l.ttl, l.warm)
	expected := allowed(f.hurts, failure)
	switch {
	case at.service == l.secrets && l.warm: // cached, or stale
		expected = []string{right}
	case at.service == l.secrets && l.mayBeWarm():
		expected = []string{right, failure}
	}
	undo := f.cause(t, at)
	if l.step == nil { // it reads its secret as it starts, and is to meet the fault there
		l.runBinary(t, c.p)
	}
	outcome := l.check(t, c.r)
	if undo != nil {
		undo()
	}
	at.heal()
	if at.hung {
		c.sum.spoil()
		return
	}
	c.sum.count(service+": "+f.name, outcome)
	if !slices.Contains(expected, outcome) {
		t.Errorf("%s: %s, expected %v: %s", l.name, outcome, expected, l.message)
	}
}

// draw takes a fault that this lane can have. A cached address is not read again.
func (c *campaign) draw(l *lane) fault {
	for {
		f := faults[c.r.IntN(len(faults))]
		switch {
		case c.p == nil && strings.HasPrefix(f.name, "certificate"):
		case f.name == "name does not resolve" && l.ttl > 0:
		case strings.HasPrefix(f.name, "frozen") && l.step == nil:
		case f.name == "reset after the reply" && !l.warm: // it needs a check before
		default:
			return f
		}
	}
}

func allowed(h hurts, failure string) []string {
	switch h {
	case never:
		return []string{right}
	case sometimes:
		return []string{right, failure}
	case always:
	}
	return []string{failure}
}

// settle waits for the end of all that the faults have left behind, and then looks for descriptors too many.
func (c *campaign) settle(t *testing.T, l *lane) {
	const own, kept = 12, 4 // log, runtime, epoll; connections: one each for the Runtime API and the services, and one spare
	l.name = "afterwards"
	if outcome := l.check(t, c.r); outcome != right {
		t.Errorf("afterwards: %s: %s", outcome, l.message)
	}
	var n int
	eventually(t, "the descriptors come down again", func() bool { n = descriptors(l.pid); return n <= own+kept })
	c.sum.most("descriptors of a process afterwards", n)
}

// summary counts what came of each fault.
type summary struct {
	mu       sync.Mutex
	outcomes map[string]map[string]int
	maxima   map[string]int
	spoiled  int // checks that are not counted: what they met is not known
}

func newSummary() *summary {
	return &summary{outcomes: make(map[string]map[string]int), maxima: make(map[string]int)}
}

func (s *summary) count(fault, outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outcomes[fault] == nil {
		s.outcomes[fault] = make(map[string]int)
	}
	s.outcomes[fault][outcome]++
}

func (s *summary) spoil() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoiled++
}

func (s *summary) most(what string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxima[what] = max(s.maxima[what], n)
}

func (s *summary) print(t *testing.T) {
	t.Helper()
	total := 0
	for _, fault := range slices.Sorted(maps.Keys(s.outcomes)) {
		var parts []string
		for _, outcome := range slices.SortedFunc(maps.Keys(s.outcomes[fault]), cmp.Compare) {
			n := s.outcomes[fault][outcome]
			total += n
			parts = append(parts, fmt.Sprintf("%d × %s", n, outcome))
		}
		t.Logf("%-48s %s", fault, strings.Join(parts, ", "))
	}
	t.Logf("%d checks, seed %d; %d more are not counted, since toxiproxy hung", total, *seed, s.spoiled)
	for what, n := range s.maxima {
		t.Logf("most %s: %d", what, n)
	}
}
