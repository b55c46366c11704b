package torture

import (
	"crypto/tls"
	"math/rand/v2"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	toxic "github.com/Shopify/toxiproxy/v2/client"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fault is one way in which the network of one service fails. cause makes it and may return how to end it, beside
// taking away all toxics.
type fault struct {
	name  string
	hurts hurts
	cause func(*testing.T, *place) (undo func())
}

// place is where a fault happens.
type place struct {
	*lane
	*service
	r *rand.Rand
	p *pki
}

// hurts says what a fault may do to a check.
type hurts int

const (
	never     hurts = iota // the check gives the right verdict
	sometimes              // the right verdict, or the service's error
	always                 // the service's error
)

// unresolvable is an address whose first label is too long for a name: every resolver says no without asking.
var unresolvable = "http://" + strings.Repeat("x", 70) + ".example.invalid"

// with is a fault that toxiproxy has. Where fresh, connections of before do not help: they are ended first.
func with(name string, hurts hurts, kind string, attributes func(*rand.Rand) toxic.Attributes) fault {
	return fault{name, hurts, func(_ *testing.T, at *place) func() {
		if at.r.IntN(2) == 0 {
			at.hangUp()
		}
		stream := "downstream"
		if at.r.IntN(4) == 0 && kind != "limit_data" {
			stream = "upstream"
		}
		at.add(kind, stream, attributes(at.r))
		return nil
	}}
}

// fixed makes attributes of pairs that do not vary.
func fixed(name string, value int) func(*rand.Rand) toxic.Attributes {
	return func(*rand.Rand) toxic.Attributes { return toxic.Attributes{name: value} }
}

// upTo makes an attribute from least to most.
func upTo(name string, least, most int) func(*rand.Rand) toxic.Attributes {
	return func(r *rand.Rand) toxic.Attributes { return toxic.Attributes{name: least + r.IntN(most-least+1)} }
}

var faults = []fault{
	{"none", never, func(*testing.T, *place) func() { return nil }},
	with("latency", never, "latency", func(r *rand.Rand) toxic.Attributes {
		return toxic.Attributes{"latency": r.IntN(100), "jitter": r.IntN(50)}
	}),
	with("latency beyond the timeout", sometimes, "latency", fixed("latency", 2500)), // a warm secret needs no service
	with("bandwidth", sometimes, "bandwidth", upTo("rate", 1, 64)),
	with("slow close", never, "slow_close", upTo("delay", 1, 1000)),
	with("reset before the reply", always, "reset_peer", fixed("timeout", 0)),
	with("reset during the reply", sometimes, "reset_peer", upTo("timeout", 1, 40)),
	with("cut off", sometimes, "limit_data", upTo("bytes", 0, 2500)),
	with("black hole", always, "timeout", fixed("timeout", 0)),
	with("black hole, then closed", always, "timeout", upTo("timeout", 1, 300)),
	{"reset after the reply", never, resetAfterReply},
	{"refused", always, refuse},
	{"frozen, connection closed meanwhile", never, frozen((*service).hangUp)},
	{"frozen, connection half dead", sometimes, frozen((*service).deafen)},
	{"frozen in the middle", sometimes, frozenInTheMiddle},
	{"server resets", sometimes, serverResets},
	{"certificate expired", always, certificate(func(p *pki) *tls.Certificate { return p.expired })},
	{"certificate of another host", always, certificate(func(p *pki) *tls.Certificate { return p.wrongHost })},
	{"certificate self-signed", always, certificate(func(p *pki) *tls.Certificate { return p.selfSigned })},
	{"name does not resolve", always, noName},
}

func resetAfterReply(t *testing.T, at *place) func() {
	at.hangUp()
	at.add("reset_peer", "upstream", toxic.Attributes{"timeout": 300_000}) // new connections now close with RST
	at.heal()
	at.check(t, at.r)
	at.hangUp()
	return nil
}

func refuse(t *testing.T, at *place) func() {
	at.note(at.proxy.Disable())
	release, err := hold(at.proxy.Listen)
	at.note(err)
	return func() {
		release()
		at.up(t)
	}
}

// hold binds a port without listening, so that connections are refused and nobody else gets it.
func hold(address string) (release func(), err error) {
	nobody := func() {}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nobody, err
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nobody, err
	}
	release = func() { _ = syscall.Close(socket) }
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return release, err
	}
	return release, syscall.Bind(socket, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
}

// frozen stops the process as Lambda does between invocations, and lets its connections die meanwhile.
func frozen(kill func(*service)) func(*testing.T, *place) func() {
	return func(t *testing.T, at *place) func() {
		signal(t, at.pid, syscall.SIGSTOP)
		kill(at.service)
		signal(t, at.pid, syscall.SIGCONT)
		return nil
	}
}

// frozenInTheMiddle stops the process during the check for a while.
func frozenInTheMiddle(t *testing.T, at *place) func() {
	pause := time.Duration(at.r.IntN(30)) * time.Millisecond
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(pause)
		signal(t, at.pid, syscall.SIGSTOP)
		time.Sleep(200 * time.Millisecond)
		signal(t, at.pid, syscall.SIGCONT)
	}()
	return func() { <-done }
}

// signal is for a process of the test's own; 0 is the test itself, which is left alone.
func signal(t *testing.T, pid int, s syscall.Signal) {
	if pid == 0 {
		return
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Error(err)
	}
}

// serverResets lets the service itself end the connection with RST, where a proxy says goodbye.
func serverResets(_ *testing.T, at *place) func() {
	if at.service == at.api {
		next := len(at.sim.Requests()) + 1
		at.sim.AddFaults(xdrtest.Fault{From: next, Reset: true})
		return nil
	}
	next := len(at.sim.SecretCalls()) + 1 // the SDK makes three attempts
	at.sim.AddSecretFaults(xdrtest.SecretFault{From: next, To: next + at.r.IntN(3), Reset: true})
	return nil
}

// certificate shows another one to new connections.
func certificate(which func(*pki) *tls.Certificate) func(*testing.T, *place) func() {
	return func(_ *testing.T, at *place) func() {
		at.cert.Store(which(at.p))
		at.hangUp()
		return func() { at.cert.Store(at.p.good) }
	}
}

// noName changes the address in the secret, and makes sure that nothing of it is left in the process.
func noName(t *testing.T, at *place) func() {
	good := at.sim.SecretValue()
	at.sim.SetSecret(strings.Replace(good, at.api.url, unresolvable, 1), false)
	return func() {
		at.sim.SetSecret(good, false)
		if outcome := at.check(t, at.r); outcome != right {
			t.Errorf("after %s: %s: %s", at.name, outcome, at.message)
		}
	}
}
