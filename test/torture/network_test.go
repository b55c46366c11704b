package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// The function's own limits in a lane. A check has time for a whole fetch of the secret (5 s), and a call after it.
const (
	httpTimeout     = 2 * time.Second
	functionTimeout = 9 * time.Second
)

// lane is one function with both of its services behind proxies. Its checks are made one after the other, so that it
// is known what each of them met.
type lane struct {
	t        *testing.T
	name     string
	r        *rand.Rand
	sum      *report
	sim      *xdrtest.Sim
	ca       *xdrtest.Authority // that the function trusts
	api      *service
	secrets  *service
	ttl      int                  // of the secret, in seconds
	function *lambdatest.Function // nil until it is started

	warm bool // a check has succeeded: there is a value to fall back on
}

func (l *lane) start() {
	file := filepath.Join(l.t.TempDir(), "ca.pem")
	try(os.WriteFile(file, l.ca.PEM(), 0o600))
	env := map[string]string{
		"XDR_SECRET_TTL_SECONDS":   fmt.Sprint(l.ttl),
		"XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(httpTimeout.Seconds()),
		"SSL_CERT_FILE":            file,
	}
	l.function = startFunction(l.t, l.api.url, l.secrets.url, lambdatest.Options{Env: env, Timeout: functionTimeout})
}

const right = "right verdict"

// check asks about one of the actions, and says what came of it: right, another verdict, or the name of an error; and
// all that was said.
func (l *lane) check() (outcome, said string) {
	if l.function == nil { // it reads its secret as it starts, and may meet a fault there
		l.start()
	}
	a := actions[l.r.IntN(len(actions))]
	outcome, said = ask(l.t.Context(), l.t, l.function, fmt.Sprintf(`{"group_action_id":%d}`, a.GroupActionID))
	if outcome == fmt.Sprintf("%s, %d", a.want, a.GroupActionID) {
		l.warm = true
		outcome = right
	}
	return outcome, said
}

// mustBeRight makes a check without a fault.
func (l *lane) mustBeRight() {
	l.t.Helper()
	if outcome, said := l.check(); outcome != right {
		l.t.Fatalf("%s, without a fault: %s: %s", l.name, outcome, said)
	}
}

// actions are scenarios that never change, and the one right verdict on each.
var actions = []struct {
	xdrtest.Scenario
	want string
}{
	{must(xdrtest.Load("done")), "done, all_succeeded, 5"},
	{must(xdrtest.Load("failed")), "failed, endpoints_failed, 4"},
	{must(xdrtest.Load("pending")), "pending, in_progress, 3"},
	{xdrtest.Scenario{GroupActionID: 1, Agents: []xdrtest.Agent{{
		Count: 1500, Timeline: []xdrtest.Step{{Status: "FAILED"}},
		ErrorReason: []byte(`{"errorDescription":"Element not found.\r\n"}`),
	}}}, "failed, endpoints_failed, 1500"},
}

// tenant has the actions and no rate limit.
func tenant(level string) xdrtest.Options {
	o := xdrtest.Options{Key: canary, RateLimit: -1, SecurityLevel: level}
	for _, a := range actions {
		o.Scenarios = append(o.Scenarios, a.Scenario)
	}
	return o
}

// TestNetworkFaults makes checks by the built binary through a seeded mix of faults between it and both services. Every
// second lane reads its secret again for each check.
func TestNetworkFaults(t *testing.T) {
	ca := xdrtest.NewAuthority("torture")
	sum := newReport(t)
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
}

// process makes so many checks with a new process, the first of them cold.
func (l lane) process(t *testing.T, checks int) {
	l.t = t
	l.sim = xdrtest.New(tenant("standard"))
	l.api = serve(t, l.ca, l.sim)
	l.secrets = serve(t, l.ca, l.sim)
	l.sim.SetURL(l.api.url)
	for range checks {
		l.oneFault()
	}
	l.settle()
}

// oneFault makes one check while a random fault lasts, and judges it.
func (l *lane) oneFault() {
	f := faults[l.r.IntN(len(faults))]
	name := "API: " + f.name
	at := l.api
	failure := "XDR.Unavailable"
	expected := f.outcomes
	if l.r.IntN(3) == 0 {
		name = "secret: " + f.name
		at = l.secrets
		failure = "XDR.CredentialsUnavailable"
	}
	l.name = fmt.Sprintf("%s, ttl %d, warm %v", name, l.ttl, l.warm)
	undo := f.cause(l, at)
	switch {
	case at == l.secrets && l.warm: // cached, or stale
		expected = never
	case at == l.secrets && len(l.sim.SecretCalls()) > 0: // a check that failed later may have got it
		expected = sometimes
	}
	outcome, said := l.check()
	if undo != nil {
		undo()
	}
	l.sum.count("checks", 1)
	l.sum.count(name+": "+outcome, 1)
	if ok := expected.right && outcome == right || expected.fails && outcome == failure; !ok {
		l.t.Fatalf("%s: %s, expected %+v: %s", l.name, outcome, expected, said)
	}
}

// settle waits for the end of all that the faults have left behind. Then it looks for what is too many.
func (l *lane) settle() {
	const (
		files      = 16 // log, runtime and epoll take 12; one connection each to the Runtime API and the services; one spare
		goroutines = 24 // two for each connection
	)
	l.mustBeRight()
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
