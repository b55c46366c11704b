package torture

import (
	"cmp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fault is one way in which the network of one service fails. cause makes it, and may return how to end it; a toxic is
// taken away in any case.
type fault struct {
	name     string
	outcomes []string
	cause    cause
}

type cause func(*lane, *service) (undo func())

// What may come of a check during a fault.
var (
	never     = []string{right}
	sometimes = []string{right, unavailable}
	always    = []string{unavailable}
)

const unavailable = "the error of this service" // XDR.Unavailable or XDR.CredentialsUnavailable

// unresolvable has a first label that is too long for a name: every resolver says no without asking.
var unresolvable = "https://" + strings.Repeat("x", 70) + ".example.invalid"

const refusing = "https://127.0.0.1:1"

var faults = []fault{
	{"none", never, func(*lane, *service) func() { return nil }},
	{"latency", never, slow(0, 100*time.Millisecond)},
	{"latency beyond the timeout", sometimes, slow(httpTimeout*5/4, httpTimeout*5/4)},
	{"bandwidth", sometimes, bandwidth},
	{"reset before the reply", always, toxicOf(func(w *wire, _ []byte) []byte {
		w.reset()
		return nil
	})},
	{"reset during the reply", sometimes, endingSoon((*wire).reset, true)},
	{"cut off", sometimes, cutOff},
	{"black hole", always, toxicOf(func(*wire, []byte) []byte { return nil })},
	{"black hole, then closed", always, endingSoon((*wire).close, false)},
	{"reset after the reply", never, resetAfterReply},
	{"frozen, connection closed meanwhile", never, frozen((*service).hangUp)},
	{"frozen, connection half dead", sometimes, frozen((*service).deafen)},
	{"frozen in the middle", sometimes, frozenInTheMiddle},
	{"a few resets", sometimes, fewResets},
	{"certificate expired", always, certificate(nil, -time.Hour, loopback)},
	{"certificate of another host", always, certificate(nil, time.Hour, "other.example")},
	{"certificate of another authority", always, certificate(xdrtest.NewAuthority("torture"), time.Hour, loopback)},
	{"address does not resolve", always, at(unresolvable)},
	{"address refuses", always, at(refusing)},
}

// toxicOf makes a fault of a toxic, for present connections or only for new ones.
func toxicOf(what toxic) cause {
	return func(l *lane, s *service) func() {
		if l.r.IntN(2) == 0 {
			s.hangUp()
		}
		s.add(what, l.r.IntN(4) == 0)
		return func() {
			s.add(nil, false)
			s.hangUp() // what was swallowed is missing for good
		}
	}
}

func slow(least, more time.Duration) cause {
	return func(l *lane, s *service) func() {
		latency := least + within(l.r, more)
		return toxicOf(func(_ *wire, piece []byte) []byte {
			time.Sleep(latency)
			return piece
		})(l, s)
	}
}

func bandwidth(l *lane, s *service) func() {
	rate := 1 + l.r.IntN(64) // KB/s
	return toxicOf(func(_ *wire, piece []byte) []byte {
		time.Sleep(time.Duration(len(piece)) * time.Millisecond / time.Duration(rate))
		return piece
	})(l, s)
}

// endingSoon ends a connection a while after the first piece; others pass, or are swallowed.
func endingSoon(end func(*wire), passes bool) cause {
	return func(l *lane, s *service) func() {
		soon := within(l.r, 40*time.Millisecond)
		return toxicOf(func(w *wire, piece []byte) []byte {
			time.AfterFunc(soon, func() { end(w) })
			if passes {
				return piece
			}
			return nil
		})(l, s)
	}
}

// fewResets leaves something to try again for.
func fewResets(l *lane, s *service) func() {
	left := atomic.Int64{}
	left.Store(1 + l.r.Int64N(3))
	return toxicOf(func(w *wire, piece []byte) []byte {
		if left.Add(-1) >= 0 {
			w.reset()
		}
		return piece
	})(l, s)
}

func cutOff(l *lane, s *service) func() {
	left := atomic.Int64{}
	left.Store(l.r.Int64N(2500))
	return toxicOf(func(w *wire, piece []byte) []byte {
		size := int64(len(piece))
		if now := left.Add(-size); now < 0 {
			time.AfterFunc(tick, w.close)
			return piece[:max(0, size+now)]
		}
		return piece
	})(l, s)
}

// resetAfterReply ends the connection with RST while nobody uses it.
func resetAfterReply(l *lane, s *service) func() {
	l.mustBeRight("before")
	s.each((*wire).reset)
	return nil
}

// frozen stops the process as Lambda does between invocations, and lets its connections die meanwhile.
func frozen(kill func(*service)) cause {
	return func(l *lane, s *service) func() {
		signal(l.t, l.function, syscall.SIGSTOP)
		kill(s)
		signal(l.t, l.function, syscall.SIGCONT)
		return nil
	}
}

// frozenInTheMiddle stops the process during the check for a while.
func frozenInTheMiddle(l *lane, _ *service) func() {
	pause := time.Duration(l.r.IntN(30)) * time.Millisecond
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(pause)
		signal(l.t, l.function, syscall.SIGSTOP)
		time.Sleep(200 * time.Millisecond)
		signal(l.t, l.function, syscall.SIGCONT)
	}()
	return func() { <-done }
}

// certificate shows another certificate to new connections. Without an authority it is of the one that is trusted.
func certificate(by *xdrtest.Authority, valid time.Duration, host string) cause {
	return func(l *lane, s *service) func() {
		good := s.cert.Load()
		bad := cmp.Or(by, l.ca).Issue(time.Now().Add(valid), host)
		s.cert.Store(&bad)
		s.hangUp()
		return func() { s.cert.Store(good) }
	}
}

// at changes the address in the secret, and makes sure that nothing of it is left in the process.
func at(address string) cause {
	return func(l *lane, _ *service) func() {
		good := l.sim.SecretValue()
		l.sim.SetSecret(strings.Replace(good, l.api.url, address, 1), false)
		return func() {
			l.sim.SetSecret(good, false)
			l.mustBeRight("after")
		}
	}
}
