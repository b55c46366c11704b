package torture

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// direct runs the binary against a simulated tenant with nothing between.
func direct(t *testing.T, o xdrtest.Options, ttl, concurrency int) (*xdrtest.Sim, *lambdatest.Function) {
	t.Helper()
	o.Scenarios, o.Key, o.RateLimit = scenarios(), xdrtest.Canary, -1
	sim := xdrtest.Start(t, o)
	return sim, lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Concurrency: concurrency, Env: map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_ALLOWED_ORIGINS": sim.URL(), "AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(),
		"XDR_SECRET_TTL_SECONDS": fmt.Sprint(ttl), "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
	}})
}

// TestRotationEverySecond: the old key is dead at once, and no check fails.
func TestRotationEverySecond(t *testing.T) {
	const atATime = 50
	sim, f := direct(t, xdrtest.Options{}, 300, atATime)
	var checks, failed, overtaken, rotations atomic.Int64
	end := time.Now().Add(pick(5*time.Second, time.Minute))
	var group sync.WaitGroup
	for n := range atATime {
		group.Go(func() {
			l := &lane{name: "rotation", step: invoke(f)}
			for r := random(uint64(n)); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
				checks.Add(1)
				before := rotations.Load()
				outcome := l.check(t, r)
				during := rotations.Load() - before
				switch {
				case outcome == right:
				case outcome == "XDR.Unauthorized" && during > 1: // a busy machine: the renewed key is dead as well
					overtaken.Add(1)
				case failed.Add(1) < 10:
					t.Errorf("%s, after %d rotations meanwhile: %s", outcome, during, l.message)
				}
			}
		})
	}
	for ; time.Now().Before(end); time.Sleep(time.Second) {
		rotations.Add(1)
		sim.RotateTo(fmt.Sprint(xdrtest.Canary, rotations.Load()))
	}
	group.Wait()
	refused := 0
	for _, r := range sim.Requests() {
		if r.Status == 401 {
			refused++
		}
	}
	t.Logf("%d checks, %d at a time, %d rotations, %d answered 401, %d Secrets Manager calls: %d checks failed; %d were overtaken by a second rotation",
		checks.Load(), atATime, rotations.Load(), refused, len(sim.SecretCalls()), failed.Load(), overtaken.Load())
	noSecrets(t, f.Output())
}

// TestSecretsManagerDownLongerThanTheTTL: the last value is served, and the log says so.
func TestSecretsManagerDownLongerThanTheTTL(t *testing.T) {
	t.Parallel()
	sim, f := direct(t, xdrtest.Options{}, 1, 1)
	l, r := &lane{step: invoke(f)}, random(0)
	if outcome := l.check(t, r); outcome != right {
		t.Fatal(outcome, l.message)
	}
	sim.AddSecretFaults(xdrtest.SecretFault{From: len(sim.SecretCalls()) + 1, To: 1 << 30, Name: "InternalServiceError"})
	checks := 0
	eventually(t, "a stale value is served", func() bool {
		checks++
		if outcome := l.check(t, r); outcome != right {
			t.Errorf("%s: %s", outcome, l.message)
		}
		return strings.Contains(f.Output(), `"level":"WARN","msg":"check"`) || strings.Contains(f.Output(), `"secret":"stale"`)
	})
	t.Logf("%d checks while Secrets Manager was down", checks)
}

// TestSecretsManagerDenies: no is no, whatever the process still holds.
func TestSecretsManagerDenies(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"AccessDeniedException", "ResourceNotFoundException", "DecryptionFailure", "InvalidRequestException"} {
		sim, f := direct(t, xdrtest.Options{}, 0, 1)
		l, r := &lane{step: invoke(f)}, random(0)
		if outcome := l.check(t, r); outcome != right {
			t.Fatal(outcome, l.message)
		}
		before := len(sim.Requests())
		sim.AddSecretFaults(xdrtest.SecretFault{From: len(sim.SecretCalls()) + 1, To: 1 << 30, Name: answer})
		for range 3 {
			if outcome := l.check(t, r); outcome != "XDR.CredentialsInvalid" {
				t.Errorf("%s: %s: %s", answer, outcome, l.message)
			}
		}
		if n := len(sim.Requests()); n != before {
			t.Errorf("%s: %d requests with the old key", answer, n-before)
		}
	}
}
