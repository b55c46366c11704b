package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// memory reaches a server without a network, so that time in a bubble of synctest passes.
type memory struct{ http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (m memory) Do(r *http.Request) (*http.Response, error) { return m.RoundTrip(r) }

// silent shows nothing.
type silent struct{}

func (silent) check(handler.Verdict)        {}
func (silent) trouble(error, time.Duration) {}
func (silent) fail(error)                   {}
func (silent) end()                         {}

// waited is how a wait ended, and at which second it asked.
type waited struct {
	verdict *handler.Verdict
	err     error
	asked   []int
	secrets int // calls of Secrets Manager
}

// inBubble waits for a simulated action in a time that passes at once and exactly.
func inBubble(t *testing.T, scenario xdrtest.Scenario, timeout time.Duration, prepare func(*xdrtest.Sim)) (w waited) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}})
		sim.SetURL("https://api-acme.xdr.us.paloaltonetworks.com")
		prepare(sim)
		secrets := secretsmanager.New(secretsmanager.Options{
			Region: "us-east-1", HTTPClient: memory{sim}, Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
		})
		step := target{secretID: "xdr/sim", secrets: secrets, clock: clock{began, 1}}.step()
		step.XDR.Transport = memory{sim}
		step.Random = func() float64 { return 0 }
		o := options{timeout: timeout, minSuccess: 100, partial: "failed", settle: "all"}
		w.verdict, w.err = o.loop(t.Context(), step, clock{began, 1}, pendingID, silent{})
		for _, q := range sim.Requests() {
			w.asked = append(w.asked, int(q.Time.Sub(began)/time.Second))
		}
		w.secrets = len(sim.SecretCalls())
	})
	return w
}

// What the pauses are: until the deadline and not past it, doubled from failure to failure, and from five seconds
// again after an answer.
func TestPauses(t *testing.T) {
	t.Parallel()
	faults := func(f ...xdrtest.Fault) func(*xdrtest.Sim) {
		return func(sim *xdrtest.Sim) { sim.AddFaults(f...) }
	}
	for _, c := range []struct {
		name    string
		timeout time.Duration
		prepare func(*xdrtest.Sim)
		asked   []int
		cause   string // where nobody could find out
	}{
		{"answers", 32 * time.Second, faults(), []int{0, 5, 10, 15, 20, 25, 30, 32}, ""},
		{"an outage to the end", time.Minute, faults(xdrtest.Fault{From: 2, To: 100, Status: 503}), []int{0, 5, 10, 20, 40, 60}, "503"},
		{"an outage from the beginning", 20 * time.Second, faults(xdrtest.Fault{From: 1, To: 100, Status: 503}), []int{0, 5, 15, 20}, "503"},
		{"two outages", 32 * time.Second, faults(xdrtest.Fault{From: 2, To: 3, Status: 503}, xdrtest.Fault{From: 5, Status: 503}), []int{0, 5, 10, 20, 25, 30, 32}, ""},
		{"asked to wait", 3 * time.Minute, faults(xdrtest.Fault{From: 2, Status: 429, RetryAfter: "172"}), []int{0, 5, 177, 180}, ""},
		{"asked to wait a day", 308 * time.Second, faults(xdrtest.Fault{From: 2, Status: 429, RetryAfter: "86400"}), []int{0, 5, 305, 308}, ""},
		{"asked to wait past the deadline", time.Minute, faults(xdrtest.Fault{From: 2, To: 3, Status: 429, RetryAfter: "86400"}), []int{0, 5, 60}, "429"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := inBubble(t, load(t, "pending"), c.timeout, c.prepare)
			if !slices.Equal(w.asked, c.asked) || w.secrets != 1 {
				t.Errorf("asked at %v, want %v; %d secret calls", w.asked, c.asked, w.secrets)
			}
			if c.cause == "" {
				if w.err != nil || w.verdict.Reason != handler.DeadlineExceeded {
					t.Errorf("ended with %v, %+v", w.err, w.verdict)
				}
				return
			}
			mustTimeOut(t, w, c.cause)
		})
	}
}

// mustTimeOut demands that a wait ended since nobody could find out in time, with the last cause. The last verdict is
// there unless the first check failed.
func mustTimeOut(t *testing.T, w waited, cause string) {
	t.Helper()
	if w.err == nil || !strings.HasPrefix(w.err.Error(), "XDR.TimedOut: ") || !strings.Contains(w.err.Error(), cause) {
		t.Errorf("ended with %v, want XDR.TimedOut after %q", w.err, cause)
	}
}

// A wait of days reads the secret once: what works is kept.
func TestTheSecretIsReadOnce(t *testing.T) {
	t.Parallel()
	w := inBubble(t, load(t, "pending"), maxTimeout, func(*xdrtest.Sim) {})
	if w.err != nil || w.verdict.Reason != handler.DeadlineExceeded || w.secrets != 1 {
		t.Errorf("%v, %+v, %d secret calls", w.err, w.verdict, w.secrets)
	}
}

// Where the key is refused the secret is read again, as often as that happens.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	w := inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) {
		time.AfterFunc(10*time.Minute, sim.Rotate)
		time.AfterFunc(20*time.Minute, sim.Rotate)
	})
	if w.err != nil || w.verdict.Reason != handler.DeadlineExceeded || w.secrets != 3 {
		t.Errorf("rotated twice: %v, %+v, %d secret calls", w.err, w.verdict, w.secrets)
	}
	w = inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) { time.AfterFunc(10*time.Minute, sim.RevokeKey) })
	if w.err == nil || !strings.HasPrefix(w.err.Error(), "XDR.Unauthorized") || w.secrets != 2 || w.verdict == nil {
		t.Errorf("revoked: %v, %+v, %d secret calls", w.err, w.verdict, w.secrets)
	}
	w = inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) {
		time.AfterFunc(10*time.Minute, sim.Rotate)
		sim.AddSecretFaults(xdrtest.SecretFault{From: 2, To: 100_000, Name: "InternalServiceError"})
	})
	mustTimeOut(t, w, "InternalServiceError")
	if w.verdict == nil || w.verdict.Outcome != handler.Pending || w.asked[len(w.asked)-1] != 3600 {
		t.Errorf("rotated while Secrets Manager is down: %+v, asked at %v", w.verdict, w.asked)
	}
}

// An action that had endpoints is not taken for unknown when they vanish for a while: each check knows the verdict
// before it.
func TestEndpointsThatVanish(t *testing.T) {
	t.Parallel()
	gone := xdrtest.Scenario{GroupActionID: 22519813685366, Agents: []xdrtest.Agent{{Count: 2, Timeline: []xdrtest.Step{
		{At: 0, Status: "IN_PROGRESS"}, {At: 10, Status: ""}, {At: 600, Status: "COMPLETED_SUCCESSFULLY"},
	}}}}
	w := inBubble(t, gone, time.Hour, func(*xdrtest.Sim) {})
	if w.err != nil || w.verdict.Outcome != handler.Done || w.verdict.Endpoints.Seen != 2 {
		t.Errorf("%v, %+v", w.err, w.verdict)
	}
}
