package torture

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// direct is a function with nothing between it and its services.
func direct(t *testing.T, concurrency int) (*xdrtest.Sim, *lambdatest.Function) {
	t.Helper()
	sim := xdrtest.Start(t, tenant("advanced"))
	return sim, startFunction(t, sim.URL(), sim.URL(), lambdatest.Options{Concurrency: concurrency})
}

// TestRotationEverySecond: the old key is dead at once, and no check fails.
func TestRotationEverySecond(t *testing.T) {
	const atATime = 50
	sim, f := direct(t, atATime)
	var rotations atomic.Int64
	sum := newReport(t)
	end := time.Now().Add(pick(5*time.Second, time.Minute))
	var group sync.WaitGroup
	for n := range atATime {
		l := lane{t: t, r: random(uint64(n)), function: f}
		group.Go(func() {
			for ; time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
				before := rotations.Load()
				outcome, said := l.check()
				sum.count("checks: "+outcome, 1)
				during := rotations.Load() - before
				overtaken := outcome == "XDR.Unauthorized" && during > 1 // a busy machine: the new key is dead as well
				if outcome != right && !overtaken {
					t.Errorf("%s, after %d rotations meanwhile: %s", outcome, during, said)
				}
			}
		})
	}
	for ; time.Now().Before(end); time.Sleep(time.Second) {
		sim.RotateTo(fmt.Sprint(canary, rotations.Add(1)))
	}
	group.Wait()
	for _, r := range sim.Requests() {
		sum.count(fmt.Sprint("requests answered ", r.Status), 1)
	}
	sum.count("calls of Secrets Manager", len(sim.SecretCalls()))
}

// TestSoak: a process that lives for long grows in nothing.
func TestSoak(t *testing.T) {
	const first = 1_000
	checks := pick(2_000, 20_000)
	sim, f := direct(t, 1)
	l := lane{t: t, name: "soak", r: random(0), function: f}
	var memoryThen, filesThen int
	for n := range checks {
		switch {
		case n == first:
			memoryThen = memory(f, "VmRSS")
			filesThen = descriptors(f)
		case n%500 == 0:
			sim.RotateTo(fmt.Sprint(canary, n))
		}
		l.mustBeRight()
	}
	memoryNow := memory(f, "VmRSS")
	filesNow := descriptors(f)
	goroutines := dump(t, f)
	t.Logf("%d checks: %d KiB of memory after %d, %d KiB at the end; %d and %d descriptors; %d goroutines",
		checks, memoryThen, first, memoryNow, filesThen, filesNow, goroutines)
	if memoryNow*10 > memoryThen*11 || filesNow > filesThen || goroutines > 20 {
		t.Error("that is too much")
	}
}

// tenants are the secrets and the APIs of many tenants. The key of each is its host.
type tenants struct{ t *testing.T }

func (tenants) GetSecretValue(
	_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	host := *in.SecretId + ".paloaltonetworks.com"
	value := secretOf("https://"+host, "7", host, "standard")
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: in.SecretId}, nil
}

func (n tenants) RoundTrip(r *http.Request) (*http.Response, error) {
	if key := r.Header.Get("Authorization"); key != r.URL.Host || !strings.HasPrefix(key, "tenant-") {
		n.t.Errorf("%s was sent %s", r.URL.Host, key)
	}
	return answer(200, `{"reply":{"data":{"a":"FAILED"}}}`), nil
}

// Checks for many tenants at a time, with secrets that are read again each time: no request carries another's key.
func TestTenantsKeysAreNotMixed(t *testing.T) {
	t.Parallel()
	c := handler.DefaultConfig()
	c.TenantSecretPrefix = "tenant-"
	c.SecretTTL = 0
	step := &handler.Step{Config: c, Secrets: tenants{t}, XDR: &xdr.Client{Transport: tenants{t}}}
	var group sync.WaitGroup
	for n := range 100 {
		event := fmt.Appendf(nil, `{"group_action_id":1,"tenant":"%d"}`, n%20)
		group.Go(func() {
			for range pick(20, 200) {
				if _, err := step.Check(t.Context(), event); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
