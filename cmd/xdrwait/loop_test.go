package main

import (
	"bytes"
	"context"
	"io"
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
			Region:      "us-east-1",
			HTTPClient:  memory{sim},
			Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
		})
		s := source{secretID: "xdr/sim", secrets: secrets, clock: clock{began, 1}}
		s.origins = handler.DefaultConfig().AllowedOrigins
		step := s.step()
		step.XDR.Transport = memory{sim}
		step.Random = func() float64 { return 0 }
		o := options{timeout: timeout, minSuccess: 100, partial: "failed", settle: "all"}
		w.verdict, w.err = o.loop(t.Context(), step, s.clock, pendingID, newDisplay(io.Discard, s.clock).line(pendingID))
		for _, q := range sim.Requests() {
			w.asked = append(w.asked, int(q.Time.Sub(began)/time.Second))
		}
		w.secrets = len(sim.SecretCalls())
	})
	return w
}

// What the pauses are: until the deadline and not past it, doubled from failure to failure up to a minute, and from
// five seconds again after an answer. Whatever the pauses, the secret is read once.
func TestPauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked  []int  // the last at the deadline
		cause  string // where nobody could find out
		faults []xdrtest.Fault
	}{
		{[]int{0, 5, 10, 15, 20, 25, 30, 32}, "", nil},
		{[]int{0, 5, 10, 20, 40, 80, 140, 200, 220}, "503", []xdrtest.Fault{{From: 2, To: 100, Status: 503}}},
		{[]int{0, 5, 15, 20}, "503", []xdrtest.Fault{{From: 1, To: 100, Status: 503}}},
		{[]int{0, 5, 10, 20, 25, 30, 32}, "", []xdrtest.Fault{{From: 2, To: 3, Status: 503}, {From: 5, Status: 503}}},
		{[]int{0, 5, 177, 180}, "", []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "172"}}},
		{[]int{0, 5, 305, 308}, "", []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "86400"}}},
		{[]int{0, 5, 60}, "429", []xdrtest.Fault{{From: 2, To: 3, Status: 429, RetryAfter: "86400"}}},
	} {
		timeout := time.Duration(c.asked[len(c.asked)-1]) * time.Second
		w := inBubble(t, load(t, "pending"), timeout, func(sim *xdrtest.Sim) { sim.AddFaults(c.faults...) })
		if !slices.Equal(w.asked, c.asked) || w.secrets != 1 {
			t.Errorf("asked at %v, want %v; %d secret calls", w.asked, c.asked, w.secrets)
		}
		if c.cause != "" {
			mustTimeOut(t, w, c.cause)
		} else if w.err != nil || w.verdict.Reason != handler.DeadlineExceeded {
			t.Errorf("ended with %v, %+v", w.err, w.verdict)
		}
	}
	if got := backoff(io.EOF, 100); got != time.Minute {
		t.Errorf("after 100 failures: %v", got)
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

// Where the key is refused the secret is read again, as often as that happens. Before the first check a secret that cannot
// be read ends the wait.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	w := inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) {
		time.AfterFunc(10*time.Minute, sim.Rotate)
		time.AfterFunc(20*time.Minute, sim.Rotate)
	})
	if w.err != nil || w.verdict.Reason != handler.DeadlineExceeded || w.secrets != 3 {
		t.Errorf("rotated twice: %v, %+v, %d secret calls", w.err, w.verdict, w.secrets)
	}
	w = inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) {
		time.AfterFunc(10*time.Minute, sim.Rotate)
		sim.AddSecretFaults(xdrtest.SecretFault{From: 2, To: 100_000, Name: "InternalServiceError"})
	})
	mustTimeOut(t, w, "InternalServiceError")
	if w.verdict == nil || w.verdict.Outcome != handler.Pending || w.asked[len(w.asked)-1] != 3600 {
		t.Errorf("rotated while Secrets Manager is down: %+v, asked at %v", w.verdict, w.asked)
	}
	w = inBubble(t, load(t, "pending"), time.Hour, func(sim *xdrtest.Sim) {
		sim.AddSecretFaults(xdrtest.SecretFault{From: 1, To: 3, Name: "InternalServiceError"})
	})
	if w.err == nil || !strings.HasPrefix(w.err.Error(), "XDR.CredentialsUnavailable: ") {
		t.Errorf("before the first check: %v, %d secret calls", w.err, w.secrets)
	}
}

// An action that had endpoints is not taken for unknown when they vanish for a while: each check knows the verdict
// before it.
func TestEndpointsThatVanish(t *testing.T) {
	t.Parallel()
	gone := load(t, "pending")
	gone.Agents = []xdrtest.Agent{{Count: 2, Timeline: []xdrtest.Step{
		{At: 0, Status: "IN_PROGRESS"}, {At: 10, Status: ""}, {At: 600, Status: "COMPLETED_SUCCESSFULLY"},
	}}}
	w := inBubble(t, gone, time.Hour, func(*xdrtest.Sim) {})
	if w.err != nil || w.verdict.Outcome != handler.Done || w.verdict.Endpoints.Seen != 2 {
		t.Errorf("%v, %+v", w.err, w.verdict)
	}
}

// Of several actions the gravest exit code counts, wherever it stands.
func TestTheGravestExitCodeCounts(t *testing.T) {
	t.Parallel()
	_, source := tenant(t, load(t, "done"), load(t, "failed"))
	if code, stdout, stderr := command(t, append(source, doneID, failedID, doneID)...); code != exitFailed {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// An error is shown when it happens, not when the last wait has ended; it counts more than a failure.
func TestAnErrorIsShownAtOnce(t *testing.T) {
	t.Parallel()
	broken := load(t, "done")
	broken.Faults = []xdrtest.Fault{{Status: 403}}
	_, source := tenant(t, broken, load(t, "pending"), load(t, "failed"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout bytes.Buffer
	var stderr output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append(source, doneID, pendingID, failedID), nil, &stdout, &stderr)
	}()
	stderr.await(t, "xdrwait: XDR.Unauthorized: group_action_id "+doneID)
	stderr.await(t, pendingID+"  pending")
	stderr.await(t, failedID+"  failed")
	interrupt()
	if got := <-code; got != exitUnknown || strings.Count(stderr.String(), "XDR.Unauthorized") != 1 {
		t.Errorf("exit code %d: %s", got, &stderr)
	}
	out := stdout.String()
	if strings.Contains(out, "action "+doneID) || !strings.Contains(out, "action "+failedID+": failed") ||
		!strings.Contains(out, "action "+pendingID+": pending") {
		t.Errorf("standard output: %s", out)
	}
}
