package torture

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	toxic "github.com/Shopify/toxiproxy/v2/client"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fault is one way in which the network of one service fails. cause makes it, and may return how to end it; all toxics
// are taken away in any case.
type fault struct {
	name     string
	outcomes []string
	cause    cause
}

type cause func(*testing.T, *lane, *service) (undo func())

// What may come of a check during a fault.
var (
	never     = []string{right}
	sometimes = []string{right, unavailable}
	always    = []string{unavailable}
)

const unavailable = "the error of this service" // XDR.Unavailable or XDR.CredentialsUnavailable

// unresolvable is an address whose first label is too long for a name: every resolver says no without asking.
var unresolvable = "https://" + strings.Repeat("x", 70) + ".example.invalid"

var faults = []fault{
	{"none", never, func(*testing.T, *lane, *service) func() { return nil }},
	{"latency", never, toxicOf("latency", func(r *rand.Rand) toxic.Attributes {
		return toxic.Attributes{"latency": r.IntN(100), "jitter": r.IntN(50)}
	})},
	{"latency beyond the timeout", sometimes, toxicOf("latency", upTo("latency", 2500, 2500))},
	{"bandwidth", sometimes, toxicOf("bandwidth", upTo("rate", 1, 64))},
	{"slow close", never, toxicOf("slow_close", upTo("delay", 1, 1000))},
	{"reset before the reply", always, toxicOf("reset_peer", upTo("timeout", 0, 0))},
	{"reset during the reply", sometimes, toxicOf("reset_peer", upTo("timeout", 1, 40))},
	{"cut off", sometimes, toxicOf("limit_data", upTo("bytes", 0, 2500))},
	{"black hole", always, toxicOf("timeout", upTo("timeout", 0, 0))},
	{"black hole, then closed", always, toxicOf("timeout", upTo("timeout", 1, 300))},
	{"reset after the reply", never, resetAfterReply},
	{"refused", always, refuse},
	{"frozen, connection closed meanwhile", never, frozen((*service).hangUp)},
	{"frozen, connection half dead", sometimes, frozen((*service).deafen)},
	{"frozen in the middle", sometimes, frozenInTheMiddle},
	{"server resets", sometimes, serverResets},
	{"certificate expired", always, certificate(nil, -time.Hour, loopback)},
	{"certificate of another host", always, certificate(nil, time.Hour, "other.example")},
	{"certificate of another authority", always, certificate(xdrtest.NewAuthority("torture"), time.Hour, loopback)},
	{"name does not resolve", always, noName},
}

// toxicOf makes a fault by toxiproxy, for present connections or only for new ones.
func toxicOf(kind string, attributes func(*rand.Rand) toxic.Attributes) cause {
	return func(_ *testing.T, l *lane, s *service) func() {
		if l.r.IntN(2) == 0 {
			s.hangUp()
		}
		stream := "downstream"
		if l.r.IntN(4) == 0 && kind != "limit_data" {
			stream = "upstream"
		}
		s.add(kind, stream, attributes(l.r))
		return nil
	}
}

func upTo(name string, least, most int) func(*rand.Rand) toxic.Attributes {
	return func(r *rand.Rand) toxic.Attributes { return toxic.Attributes{name: least + r.IntN(most-least+1)} }
}

// resetAfterReply ends the connection with RST while nobody uses it. With a toxicity of 0, data passes.
func resetAfterReply(t *testing.T, l *lane, s *service) func() {
	s.hangUp()
	_, err := s.proxy.AddToxic("", "reset_peer", "downstream", 0, nil)
	s.note(err)
	if outcome := l.check(t); outcome != right {
		t.Errorf("before %s: %s: %s", l.name, outcome, l.message)
	}
	s.hangUp()
	return nil
}

func refuse(t *testing.T, _ *lane, s *service) func() {
	s.note(s.proxy.Disable())
	release, err := hold(s.proxy.Listen)
	s.note(err)
	return func() {
		release()
		eventually(t, "the proxy's port is free", func() bool { return s.proxy.Enable() == nil })
	}
}

// hold binds a port without listening, so that connections are refused and nobody else gets it.
func hold(address string) (release func(), err error) {
	to := netip.MustParseAddrPort(address)
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}, err
	}
	release = func() { _ = syscall.Close(socket) }
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return release, err
	}
	return release, syscall.Bind(socket, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
}

// frozen stops the process as Lambda does between invocations, and lets its connections die meanwhile.
func frozen(kill func(*service)) cause {
	return func(t *testing.T, l *lane, s *service) func() {
		signal(t, l.function, syscall.SIGSTOP)
		kill(s)
		signal(t, l.function, syscall.SIGCONT)
		return nil
	}
}

// frozenInTheMiddle stops the process during the check for a while.
func frozenInTheMiddle(t *testing.T, l *lane, _ *service) func() {
	pause := time.Duration(l.r.IntN(30)) * time.Millisecond
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(pause)
		signal(t, l.function, syscall.SIGSTOP)
		time.Sleep(200 * time.Millisecond)
		signal(t, l.function, syscall.SIGCONT)
	}()
	return func() { <-done }
}

// serverResets lets the service itself end the connection with RST; a proxy would say goodbye.
func serverResets(_ *testing.T, l *lane, s *service) func() {
	if s == l.api {
		l.sim.AddFaults(xdrtest.Fault{From: len(l.sim.Requests()) + 1, Reset: true})
		return nil
	}
	next := len(l.sim.SecretCalls()) + 1 // the SDK makes three attempts
	l.sim.AddSecretFaults(xdrtest.SecretFault{From: next, To: next + l.r.IntN(3), Reset: true})
	return nil
}

// certificate shows another certificate to new connections. Without an authority it is of the one that is trusted.
func certificate(by *xdrtest.Authority, valid time.Duration, host string) cause {
	return func(_ *testing.T, l *lane, s *service) func() {
		good := s.cert.Load()
		bad := cmp.Or(by, l.trust.Authority).Issue(time.Now().Add(valid), host)
		s.cert.Store(&bad)
		s.hangUp()
		return func() { s.cert.Store(good) }
	}
}

// noName changes the address in the secret, and makes sure that nothing of it is left in the process.
func noName(t *testing.T, l *lane, _ *service) func() {
	good := l.sim.SecretValue()
	l.sim.SetSecret(strings.Replace(good, l.api.url, unresolvable, 1), false)
	return func() {
		l.sim.SetSecret(good, false)
		if outcome := l.check(t); outcome != right {
			t.Errorf("after %s: %s: %s", l.name, outcome, l.message)
		}
	}
}
