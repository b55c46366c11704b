package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
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

// inBubble waits for an action of the simulator in a time that passes at once and exactly. It returns how the wait
// ended, what was shown, and at which seconds the tenant was asked.
func inBubble(sim *xdrtest.Sim, timeout time.Duration) (end state, shown []string, asked []int) {
	sim.SetURL("https://api-acme.xdr.us.paloaltonetworks.com")
	secrets := secretsmanager.New(secretsmanager.Options{
		Region:      "us-east-1",
		HTTPClient:  &http.Client{Transport: memory{sim}},
		Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	}, bounded)
	step := newStep("xdr/sim", secrets, handler.DefaultConfig().AllowedOrigins)
	step.XDR = &xdr.Client{Transport: memory{sim}}
	step.Random = func() float64 { return 0 }
	o := options{timeout: timeout, minSuccess: 100, partial: "failed", settle: "all", expect: []string{}, speed: 1}
	began := time.Now()
	end = o.loop(context.Background(), step, pendingID, func(s state) { shown = append(shown, s.fit(200, s.at)) })
	for _, q := range sim.Requests() {
		asked = append(asked, int(q.Time.Sub(began)/time.Second))
	}
	return end, shown, asked
}

// How a wait ends, and when it asks: until the deadline and not past it, after pauses that double from failure to
// failure up to a minute, and from five seconds again after an answer. The secret is read once, and again where the key
// is refused.
func TestWaits(t *testing.T) {
	t.Parallel()
	const deadline = "^deadline_exceeded$"
	vanishing := []xdrtest.Agent{{Count: 2, Timeline: []xdrtest.Step{
		{At: 0, Status: "IN_PROGRESS"}, {At: 10, Status: ""}, {At: 600, Status: "COMPLETED_SUCCESSFULLY"},
	}}}
	for _, c := range []struct {
		asked   []int  // the last at the deadline; nil: not looked at, and the deadline is an hour
		ends    string // a regular expression for the reason or the error
		secrets int    // calls of Secrets Manager; 0: any number
		shown   []string
		agents  []xdrtest.Agent
		faults  []xdrtest.Fault
		rotated []time.Duration // when the key is replaced
		outage  []xdrtest.Fault
	}{
		{asked: []int{0, 5, 10, 15, 20, 25, 30, 32}, ends: deadline, secrets: 1},
		{asked: []int{0, 5, 10, 20, 40, 80, 140, 200, 220}, ends: "^XDR.TimedOut: .* 503", secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 100, Status: 503}}},
		{asked: []int{0, 5, 15, 20}, ends: "^XDR.TimedOut: .* 503", secrets: 1,
			faults: []xdrtest.Fault{{From: 1, To: 100, Status: 503}}},
		{asked: []int{0, 5, 10, 20, 25, 30, 32}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 3, Status: 503}, {From: 5, Status: 503}}},
		{asked: []int{0, 5, 177, 180}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "172"}}},
		{asked: []int{0, 5, 305, 308}, ends: deadline, secrets: 1,
			faults: []xdrtest.Fault{{From: 2, Status: 429, RetryAfter: "86400"}}},
		{asked: []int{0, 5, 60}, ends: "^XDR.TimedOut: .* 429", secrets: 1,
			faults: []xdrtest.Fault{{From: 2, To: 3, Status: 429, RetryAfter: "86400"}}},

		// A check that fails does not take the counts away, and the next good one ends the trouble.
		{asked: []int{0, 5, 10, 12}, ends: deadline, secrets: 1, faults: []xdrtest.Fault{{From: 2, Status: 503}}, shown: []string{
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · 5s",
			pendingID + " answered 503: Service Unavailable · retry 5s · 1 ok 1 failed 1 pending",
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · 2s",
			pendingID + " [===============>--------] 1 ok 1 failed 1 pending · failed",
		}},

		{ends: deadline, secrets: 3, rotated: []time.Duration{10 * time.Minute, 20 * time.Minute}},
		{ends: "^XDR.TimedOut: .*InternalServiceError", rotated: []time.Duration{10 * time.Minute},
			outage: []xdrtest.Fault{{From: 2, To: 100_000, Name: "InternalServiceError"}}},
		{ends: "^XDR.CredentialsUnavailable: ", secrets: 3, // before the first check nothing is tried again
			outage: []xdrtest.Fault{{From: 1, To: 3, Name: "InternalServiceError"}}},

		// Endpoints that vanish for a while are not taken for unknown: each check knows the verdict before it.
		{ends: "^all_succeeded$", secrets: 1, agents: vanishing},
	} {
		synctest.Test(t, func(t *testing.T) {
			scenario := load(t, "pending")
			if c.agents != nil {
				scenario.Agents = c.agents
			}
			sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}})
			sim.AddFaults(c.faults...)
			sim.AddSecretFaults(c.outage...)
			for _, after := range c.rotated {
				time.AfterFunc(after, sim.Rotate)
			}
			timeout := time.Hour
			if c.asked != nil {
				timeout = time.Duration(c.asked[len(c.asked)-1]) * time.Second
			}
			s, shown, asked := inBubble(sim, timeout)
			ends := fmt.Sprint(s.err)
			if s.err == nil {
				ends = string(s.verdict.Reason)
			}
			if !regexp.MustCompile(c.ends).MatchString(ends) || c.secrets > 0 && len(sim.SecretCalls()) != c.secrets {
				t.Errorf("ends with %s, want %s; %d calls of Secrets Manager, want %d", ends, c.ends, len(sim.SecretCalls()), c.secrets)
			}
			if c.asked != nil && !slices.Equal(asked, c.asked) || c.shown != nil && !slices.Equal(shown, c.shown) {
				t.Errorf("asked at %v, want %v; shown:\n%s", asked, c.asked, strings.Join(shown, "\n"))
			}
		})
	}
	if got := backoff(io.EOF, 100); got != time.Minute {
		t.Errorf("after 100 failures: %v", got)
	}
}

// Ids of the embedded scenarios.
const (
	doneID    = "22519813685301"
	failedID  = "22519813685302"
	pendingID = "22519813685314"
)

// The gravest exit code counts, wherever it stands: an error before a failure, and that before the rest. An error is
// shown when it happens, not when the last wait has ended.
func TestSeveralActions(t *testing.T) {
	t.Parallel()
	denied := load(t, "done")
	denied.GroupActionID = 7
	denied.Faults = []xdrtest.Fault{{Status: 403}}
	actions := []xdrtest.Scenario{load(t, "done"), load(t, "failed"), load(t, "pending"), denied}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: actions, RateLimit: -1})
	source := []string{"--credentials", inFile(t, sim.SecretValue()), "--allow-origin", sim.URL()}
	if code, stdout, stderr := command(t, append(source, doneID, failedID, doneID)...); code != exitFailed {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout, stderr output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append(source, "7", pendingID, failedID), nil, &stdout, &stderr)
	}()
	stderr.await(t, "xdrwait: XDR.Unauthorized: group_action_id 7")
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

// A key that is replaced in its file while a wait goes on does not end the wait.
func TestAFileIsReadAgain(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	o := options{credentials: inFile(t, sim.SecretValue()), origins: []string{sim.URL()}}
	step, err := o.step(t.Context())
	must(t, err)
	for range 3 {
		must(t, try(t.Context(), step))
		sim.Rotate()
		must(t, os.WriteFile(o.credentials, []byte(sim.SecretValue()), 0o600))
	}
}
