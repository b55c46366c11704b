package main

import (
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
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// memory reaches a server without a network, so that time in a bubble of synctest passes.
type memory struct{ http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (m memory) Do(r *http.Request) (*http.Response, error) { return m.RoundTrip(r) }

// inBubble waits for a simulated action in a time that passes at once and exactly. It returns the states that were
// shown, the last one, and at which seconds the tenant was asked.
func inBubble(sim *xdrtest.Sim, timeout time.Duration, rotations []time.Duration) (shown []state, end state, asked []int) {
	sim.SetURL("https://api-acme.xdr.us.paloaltonetworks.com")
	secrets := secretsmanager.New(secretsmanager.Options{
		Region:      "us-east-1",
		HTTPClient:  memory{sim},
		Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	})
	began := time.Now()
	for _, after := range rotations {
		time.AfterFunc(after, sim.Rotate)
	}
	step := newStep("xdr/sim", secrets, handler.DefaultConfig().AllowedOrigins)
	step.XDR = &xdr.Client{Transport: memory{sim}}
	step.Random = func() float64 { return 0 }
	o := options{timeout: timeout, minSuccess: 100, partial: "failed", settle: "all", expect: []string{}, speed: 1}
	end = o.loop(context.Background(), step, pendingID, func(s state) { shown = append(shown, s) })
	for _, q := range sim.Requests() {
		asked = append(asked, int(q.Time.Sub(began)/time.Second))
	}
	return shown, end, asked
}

// How a wait ends, and when it asks: until the deadline and not past it, after pauses that double from failure to
// failure up to a minute, and from five seconds again after an answer. The secret is read once, and again where the key
// is refused.
func TestWaits(t *testing.T) {
	t.Parallel()
	vanishing := []xdrtest.Step{{At: 0, Status: "IN_PROGRESS"}, {At: 10, Status: ""}, {At: 600, Status: "COMPLETED_SUCCESSFULLY"}}
	twice := []time.Duration{10 * time.Minute, 20 * time.Minute}
	const deadline = string(handler.DeadlineExceeded)
	for _, c := range []struct {
		asked     []int  // at which seconds: the first ones
		ends      string // reason, or begin of the error
		because   string // in the error
		secrets   int    // calls of Secrets Manager; 0: any number
		timeout   time.Duration
		agents    []xdrtest.Step
		faults    []xdrtest.Fault
		rotations []time.Duration
		outage    xdrtest.SecretFault
	}{
		{asked: []int{0, 5, 10, 15, 20, 25, 30, 32}, ends: deadline, secrets: 1},
		{asked: []int{0, 5, 10, 20, 40, 80, 140, 200, 220}, ends: "XDR.TimedOut: ", because: "503", secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 100, Status: 503}}},
		{asked: []int{0, 5, 15, 20}, ends: "XDR.TimedOut: ", because: "503", secrets: 1,
			faults: []xdrtest.Fault{{From: 1, To: 100, Status: 503}}},
		{asked: []int{0, 5, 10, 20, 25, 30, 32}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 3, Status: 503}, {From: 5, Status: 503}}},
		{asked: []int{0, 5, 177, 180}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "172"}}},
		{asked: []int{0, 5, 305, 308}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "86400"}}},
		{asked: []int{0, 5, 60}, ends: "XDR.TimedOut: ", because: "429", secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 3, Status: 429, RetryAfter: "86400"}}},

		{timeout: time.Hour, ends: deadline, secrets: 3, rotations: twice},
		{timeout: time.Hour, ends: "XDR.TimedOut: ", because: "InternalServiceError", rotations: twice[:1],
			outage: xdrtest.SecretFault{From: 2, To: 100_000, Name: "InternalServiceError"}},
		{timeout: time.Hour, ends: "XDR.CredentialsUnavailable: ", because: "InternalServiceError", // a person is there
			outage: xdrtest.SecretFault{From: 1, To: 3, Name: "InternalServiceError"}},
		{timeout: time.Hour, ends: "all_succeeded", secrets: 1, agents: vanishing}, // and are known to have been there
	} {
		scenario := load(t, "pending")
		if c.agents != nil {
			scenario.Agents = []xdrtest.Agent{{Count: 2, Timeline: c.agents}}
		}
		if c.timeout == 0 {
			c.timeout = time.Duration(c.asked[len(c.asked)-1]) * time.Second
		}
		synctest.Test(t, func(t *testing.T) {
			sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}})
			sim.AddFaults(c.faults...)
			if c.outage.Name != "" {
				sim.AddSecretFaults(c.outage)
			}
			_, s, asked := inBubble(sim, c.timeout, c.rotations)
			ends := ""
			if s.err != nil {
				ends = s.err.Error()
			} else {
				ends = string(s.verdict.Reason)
			}
			if !strings.HasPrefix(ends, c.ends) || !strings.Contains(ends, c.because) {
				t.Errorf("ends with %s, want %s because of %s", ends, c.ends, c.because)
			}
			if n := len(sim.SecretCalls()); c.secrets > 0 && n != c.secrets {
				t.Errorf("%s: %d calls of Secrets Manager, want %d", ends, n, c.secrets)
			}
			if c.asked != nil && !slices.Equal(asked, c.asked) {
				t.Errorf("asked at %v, want %v", asked, c.asked)
			}
			if c.because == "InternalServiceError" && c.rotations != nil && asked[len(asked)-1] != 3600 {
				t.Errorf("did not ask until the deadline: %v", asked)
			}
		})
	}
	if got := backoff(io.EOF, 100); got != time.Minute {
		t.Errorf("after 100 failures: %v", got)
	}
}

// A check that fails does not take the counts away, and the next good one ends the trouble.
func TestALineKeepsTheLastVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{load(t, "pending")}})
		sim.AddFaults(xdrtest.Fault{From: 2, Status: 503})
		shown, _, _ := inBubble(sim, 12*time.Second, nil)
		var lines []string
		for _, s := range shown {
			lines = append(lines, s.fit(200, s.at))
		}
		want := []string{
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · 5s",
			pendingID + " answered 503: Service Unavailable · retry 5s · 1 ok 1 failed 1 pending",
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · 2s",
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · failed",
		}
		if !slices.Equal(lines, want) {
			t.Errorf("got %s", strings.Join(lines, "\n"))
		}
	})
}

// An error is shown when it happens, not when the last wait has ended. The gravest exit code counts, wherever it stands:
// an error before a failure, and that before the rest.
func TestSeveralActions(t *testing.T) {
	t.Parallel()
	_, source := tenant(t, load(t, "done"), load(t, "failed"))
	if code, stdout, stderr := command(t, append(source, doneID, failedID, doneID)...); code != exitFailed {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	broken := load(t, "done")
	broken.Faults = []xdrtest.Fault{{Status: 403}}
	_, source = tenant(t, broken, load(t, "pending"), load(t, "failed"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout, stderr output
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
	first, second, _ := strings.Cut(stdout.String(), "action "+failedID+": failed")
	if !strings.HasPrefix(first, "action "+pendingID+": pending") || second == "" {
		t.Errorf("standard output: %s", &stdout)
	}
}
