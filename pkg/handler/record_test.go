package handler_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// slow stands for both services, which take time on the test's clock, one call after the other.
type slow struct {
	handler.SecretsManager
	http.RoundTripper
	clock    *lambdatest.Clock
	takes    []time.Duration
	deadline time.Time // of the last call of the API
}

func (s *slow) pass() {
	s.clock.Advance(s.takes[0])
	s.takes = s.takes[1:]
}

func (s *slow) GetSecretValue(
	ctx context.Context, in *secretsmanager.GetSecretValueInput, o ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	s.pass()
	return s.SecretsManager.GetSecretValue(ctx, in, o...)
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.deadline, _ = r.Context().Deadline()
	s.pass()
	return s.RoundTripper.RoundTrip(r)
}

func slowed(r *rig, takes []time.Duration) *slow {
	s := &slow{SecretsManager: r.Secrets, RoundTripper: r.XDR.Transport, clock: r.clock, takes: takes}
	r.Secrets = s
	r.XDR.Transport = s
	return s
}

// A call ends before the function's time is up.
func TestDeadlineLeavesTimeToReport(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{}, "pending")
	s := slowed(r, []time.Duration{0, 0})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	_, err := r.Check(ctx, []byte(pendingID))
	if end, _ := ctx.Deadline(); err != nil || end.Sub(s.deadline) != 500*time.Millisecond {
		t.Errorf("%v before %v: %v", s.deadline, end, err)
	}
}

// The one line of a check says what it found, what each service took, over both calls, where the secret came from at
// last, and for whom.
func TestLogLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{Key: canary}, "pending", "unknown_status")
	const ms = time.Millisecond
	takes := []time.Duration{40 * ms, 7 * ms, 0, 11 * ms, 300 * ms, 1900 * time.Microsecond, 0, 0, 0}
	slowed(r, takes)

	r.check(t, pendingID)
	r.sim.AddFaults(xdrtest.Fault{From: 2, Body: `{"reply":{"err_msg":"partial\noutage ` + canary + `","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`})
	if v := r.check(t, pendingID); v.Outcome != handler.Pending || v.Reason != handler.InProgress {
		t.Errorf("%+v", v)
	}
	r.sim.Rotate() // the next call meets 401, reads the secret again and repeats itself
	r.check(t, `{"group_action_id":22519813685314,"execution":"second"}`)
	r.check(t, pendingID)
	r.check(t, `{"group_action_id":22519813685310,"tenant":"acme"}`)
	r.fails(t, handler.InvalidRequest, `{"group_action_id":22519813685314,"tenant":"acme","policy":5}`)

	want := [][]string{
		{`"level":"INFO"`, `"msg":"check"`, `"group_action_id":22519813685314,"cold_start":true,"secret":"fetched"`,
			`"secret_ms":40,"api_ms":7,"api_calls":1,"verdict":"pending","reason":"in_progress","wait_seconds":5`,
			`"endpoints":{"total":3,"succeeded":1,"partial":0,"failed":1,"pending":1,"missing":0,"seen":3}`},
		{`"level":"WARN"`, `"remark":"partial outage [redacted]"`},
		{`"execution":"second","cold_start":false,"secret":"fetched","secret_ms":300,"api_ms":12,"api_calls":2`},
		{`"secret":"cached","secret_ms":0`},
		{`"level":"WARN"`, `"tenant":"acme"`, `"unknown_statuses":["COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS","SUCCEEDED"]`},
		{`"level":"ERROR"`, `"tenant":"acme"`, `"cold_start":false,"secret_ms":0,"api_ms":0,"api_calls":0`},
	}
	lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		for _, part := range want[i] {
			if !strings.Contains(line, part) {
				t.Errorf("%s is not in: %s", part, line)
			}
		}
	}
}

// What is left out of a step has a useful default, and a step without anything fails in its own words.
func TestZeroStep(t *testing.T) {
	t.Parallel()
	nothing := rig{Step: new(handler.Step)}
	if err := nothing.fails(t, handler.InvalidRequest, anyID); !strings.Contains(err.Message, "there is no default secret") {
		t.Error(err)
	}
	r := newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{anyAction("pending")}})
	r.sim.SetSecret(r.sim.SecretValue(), true) // in binary
	little := handler.Step{Config: r.Config, Secrets: r.Secrets}
	r.clock.Advance(time.Since(r.clock.Now())) // the simulator checks timestamps
	if v, err := little.Check(t.Context(), []byte(anyID)); err != nil || v.Outcome != handler.Pending {
		t.Errorf("%+v, %v", v, err)
	}
	if chance := little.Random(); chance == little.Random() || chance < 0 || chance >= 1 {
		t.Errorf("chance: %v", chance)
	}
}
