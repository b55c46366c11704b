package torture

import (
	"cmp"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fault is one way in which the network of one service fails. cause makes it, and may return how to end it.
type fault struct {
	name string
	outcomes
	cause cause
}

type cause func(*lane, *service) (undo func())

// outcomes are what may come of a check during a fault.
type outcomes struct{ right, fails bool }

var (
	never     = outcomes{right: true}
	sometimes = outcomes{right: true, fails: true}
	always    = outcomes{fails: true}
)

const (
	all  = 1 << 40 // bytes
	some = 2500    // bytes of a reply
)

var faults = []fault{
	{"none", never, func(*lane, *service) func() { return nil }},
	{"latency", never, of(func(r *rand.Rand) *toxic { return &toxic{bytes: all, delay: within(r, 40*time.Millisecond)} })},
	{"latency beyond the timeout", sometimes, of(func(r *rand.Rand) *toxic {
		return &toxic{bytes: all, delay: httpTimeout*5/4 + within(r, httpTimeout*5/4)}
	})},
	{"bandwidth", sometimes, of(func(r *rand.Rand) *toxic {
		return &toxic{bytes: all, perKB: time.Second / time.Duration(1+r.IntN(64))}
	})},
	{"reset before the reply", always, of(func(*rand.Rand) *toxic { return &toxic{end: (*wire).reset} })},
	{"reset during the reply", sometimes, of(func(r *rand.Rand) *toxic {
		return &toxic{bytes: r.IntN(some), end: (*wire).reset, after: within(r, 40*time.Millisecond)}
	})},
	{"cut off", sometimes, of(func(r *rand.Rand) *toxic {
		return &toxic{bytes: r.IntN(some), end: (*wire).close, after: tick}
	})},
	{"black hole", always, of(func(*rand.Rand) *toxic { return new(toxic) })},
	{"reset after the reply", never, resetAfterReply},
	{"frozen, connection closed meanwhile", never, frozen((*wire).close)},
	{"frozen, connection half dead", always, frozen((*wire).deafen)},
	{"certificate expired", always, certificate(nil, -time.Hour, loopback)},
	{"certificate of another host", always, certificate(nil, time.Hour, "other.example")},
	{"certificate of another authority", always, certificate(xdrtest.NewAuthority("torture"), time.Hour, loopback)},
}

// of makes a fault of a toxic, for present connections or only for new ones.
func of(draw func(*rand.Rand) *toxic) cause {
	return func(l *lane, s *service) func() {
		if l.r.IntN(2) == 0 {
			s.each((*wire).close)
		}
		what := draw(l.r)
		what.upper = l.r.IntN(4) == 0
		s.toxic.Store(what)
		return func() {
			s.toxic.Store(nil)
			s.each((*wire).close) // what was swallowed is missing for good
		}
	}
}

// resetAfterReply ends the connection with RST while nobody uses it.
func resetAfterReply(l *lane, s *service) func() {
	l.mustBeRight()
	s.each((*wire).reset)
	return nil
}

// frozen stops the process as Lambda does between invocations, and lets its connections die meanwhile.
func frozen(die func(*wire)) cause {
	return func(l *lane, s *service) func() {
		l.mustBeRight()
		signal(l.t, l.function, syscall.SIGSTOP)
		s.each(die)
		signal(l.t, l.function, syscall.SIGCONT)
		return nil
	}
}

// certificate shows another certificate to new connections. Without an authority it is of the one that is trusted.
func certificate(by *xdrtest.Authority, valid time.Duration, host string) cause {
	return func(l *lane, s *service) func() {
		good := s.cert.Load()
		bad := cmp.Or(by, l.ca).Issue(time.Now().Add(valid), host)
		s.cert.Store(&bad)
		s.each((*wire).close)
		return func() { s.cert.Store(good) }
	}
}
