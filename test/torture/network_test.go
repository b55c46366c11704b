package torture

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNetworkFaults makes checks by the built binary through a seeded mix of faults between it and both services.
func TestNetworkFaults(t *testing.T) {
	lanes := pick(32, 40)
	c := &campaign{newTrust(t), newReport()}
	t.Run("lanes", func(t *testing.T) {
		for n := range lanes {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				c.lane(t, n)
			})
		}
	})
	c.sum.print(t)
}

// campaign is what all lanes have in common.
type campaign struct {
	trust *trust
	sum   *report
}

// lane makes checks with one process after the other. Every second lane reads its secret again for each check.
func (c *campaign) lane(t *testing.T, n int) {
	r := random(uint64(n))
	ttl := n % 2 * 300
	for left := pick(3, 126); left > 0 && !t.Failed(); {
		checks := min(left, []int{1, 2, 25, 60}[r.IntN(4)])
		t.Run("process", func(t *testing.T) { c.process(t, newLane(t, c.trust, ttl, r), checks) })
		left -= checks
	}
}

// process makes so many checks with a new process, the first of them cold.
func (c *campaign) process(t *testing.T, l *lane, checks int) {
	for range checks {
		if c.oneFault(t, l); t.Failed() {
			return
		}
	}
	c.settle(t, l)
}

// oneFault makes one check while a random fault lasts, and judges it.
func (c *campaign) oneFault(t *testing.T, l *lane) {
	f := l.draw()
	name := "API: " + f.name
	at := l.api
	failure := "XDR.Unavailable"
	expected := f.outcomes
	if l.r.IntN(3) == 0 && !strings.HasPrefix(f.name, "address") {
		name = "secret: " + f.name
		at = l.secrets
		failure = "XDR.CredentialsUnavailable"
		if l.warm { // cached, or stale
			expected = never
		} else if len(l.sim.SecretCalls()) > 0 { // a check that failed later may have got it
			expected = sometimes
		}
	}
	l.name = fmt.Sprintf("%s, ttl %d, warm %v", name, l.ttl, l.warm)
	undo := f.cause(t, l, at)
	if l.function == nil { // it reads its secret as it starts, and is to meet the fault there
		l.start(t)
	}
	outcome := l.check(t)
	if undo != nil {
		undo()
	}
	c.sum.count("checks", 1)
	c.sum.count(name+": "+outcome, 1)
	if !slices.Contains(expected, outcome) && (outcome != failure || !slices.Contains(expected, unavailable)) {
		t.Errorf("%s: %s, expected %v: %s", l.name, outcome, expected, l.message)
	}
}

// draw takes a fault that this lane can have. A cached address is not read again.
func (l *lane) draw() fault {
	for {
		f := faults[l.r.IntN(len(faults))]
		switch {
		case strings.HasPrefix(f.name, "address") && l.ttl > 0:
		case strings.HasPrefix(f.name, "frozen") && l.function == nil:
		case f.name == "reset after the reply" && !l.warm: // it needs a check before
		default:
			return f
		}
	}
}

// settle waits for the end of all that the faults have left behind. Then it looks for what is too many.
func (c *campaign) settle(t *testing.T, l *lane) {
	const (
		files      = 16 // log, runtime and epoll take 12; one connection each to the Runtime API and the services; one spare
		goroutines = 24 // two for each connection
	)
	l.name = "afterwards"
	if outcome := l.check(t); outcome != right {
		t.Errorf("afterwards: %s: %s", outcome, l.message)
	}
	n := 0
	eventually(t, "the descriptors come down again", func() bool {
		n = descriptors(l.function)
		return n <= files
	})
	c.sum.most("most descriptors of a process afterwards", n)
	n = dump(t, l.function)
	c.sum.most("most goroutines of a process afterwards", n)
	if n > goroutines {
		t.Errorf("%d goroutines afterwards:\n%s", n, l.function.Stderr())
	}
}
