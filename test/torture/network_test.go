package torture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// TestNetworkFaults makes checks by the built binary through a seeded mix of faults between it and both services. Every
// second lane reads its secret again for each check.
func TestNetworkFaults(t *testing.T) {
	ca := xdrtest.NewAuthority("torture")
	sum := newReport()
	t.Run("lanes", func(t *testing.T) {
		for n := range pick(32, 40) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				l := lane{r: random(uint64(n)), sum: sum, ca: ca, ttl: n % 2 * 300}
				for left := pick(3, 126); left > 0 && !t.Failed(); {
					checks := min(left, []int{1, 2, 25, 60}[l.r.IntN(4)])
					t.Run("process", func(t *testing.T) { l.process(t, checks) })
					left -= checks
				}
			})
		}
	})
	sum.print(t)
}

// process makes so many checks with a new process, the first of them cold.
func (l lane) process(t *testing.T, checks int) {
	l.t = t
	l.sim = xdrtest.New(tenant("standard"))
	l.api = serve(t, l.ca, l.sim)
	l.secrets = serve(t, l.ca, l.sim)
	l.sim.SetURL(l.api.url)
	for range checks {
		if l.oneFault(); t.Failed() {
			return
		}
	}
	l.settle()
}

// oneFault makes one check while a random fault lasts, and judges it.
func (l *lane) oneFault() {
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
	undo := f.cause(l, at)
	if l.function == nil { // it reads its secret as it starts, and is to meet the fault there
		l.start()
	}
	outcome := l.check()
	if undo != nil {
		undo()
	}
	l.sum.count("checks", 1)
	l.sum.count(name+": "+outcome, 1)
	if !slices.Contains(expected, outcome) && (outcome != failure || !slices.Contains(expected, unavailable)) {
		l.t.Errorf("%s: %s, expected %v: %s", l.name, outcome, expected, l.message)
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
func (l *lane) settle() {
	const (
		files      = 16 // log, runtime and epoll take 12; one connection each to the Runtime API and the services; one spare
		goroutines = 24 // two for each connection
	)
	l.mustBeRight("after the last fault:")
	n := 0
	eventually(l.t, "the descriptors come down again", func() bool {
		n = descriptors(l.function)
		return n <= files
	})
	l.sum.most("most descriptors of a process afterwards", n)
	n = dump(l.t, l.function)
	l.sum.most("most goroutines of a process afterwards", n)
	if n > goroutines {
		l.t.Errorf("%d goroutines afterwards:\n%s", n, l.function.Stderr())
	}
}
