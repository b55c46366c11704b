package torture

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// direct is a lane with nothing between the function and its services.
func direct(t *testing.T, ttl, concurrency int) *lane {
	t.Helper()
	sim := xdrtest.Start(t, tenant("advanced"))
	env := map[string]string{"XDR_SECRET_TTL_SECONDS": fmt.Sprint(ttl)}
	f := startFunction(t, sim.URL(), sim.URL(), lambdatest.Options{Concurrency: concurrency, Env: env})
	return &lane{t: t, r: random(0), sim: sim, function: f}
}

// TestRotationEverySecond: the old key is dead at once, and no check fails.
func TestRotationEverySecond(t *testing.T) {
	const atATime = 50
	l := direct(t, 300, atATime)
	var rotations atomic.Int64
	sum := newReport()
	end := time.Now().Add(pick(5*time.Second, time.Minute))
	var group sync.WaitGroup
	for n := range atATime {
		group.Go(func() {
			own := &lane{t: t, name: "rotation", r: random(uint64(n)), function: l.function}
			for ; time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
				before := rotations.Load()
				outcome := own.check()
				sum.count("checks: "+outcome, 1)
				during := rotations.Load() - before
				overtaken := outcome == "XDR.Unauthorized" && during > 1 // a busy machine: the new key is dead as well
				if outcome != right && !overtaken {
					t.Errorf("%s, after %d rotations meanwhile: %s", outcome, during, own.message)
				}
			}
		})
	}
	for ; time.Now().Before(end); time.Sleep(time.Second) {
		l.sim.RotateTo(fmt.Sprint(xdrtest.Canary, rotations.Add(1)))
	}
	group.Wait()
	for _, r := range l.sim.Requests() {
		sum.count(fmt.Sprint("requests answered ", r.Status), 1)
	}
	sum.count("rotations", int(rotations.Load()))
	sum.count("calls of Secrets Manager", len(l.sim.SecretCalls()))
	sum.print(t)
}

// TestSoak: a process that lives for long grows in nothing.
func TestSoak(t *testing.T) {
	const first = 1_000
	checks := pick(2_000, 20_000)
	l := direct(t, 300, 1)
	l.name = "soak"
	resident := func() int { return must(memory(l.function.PID(), "VmRSS")) }
	var memoryThen, filesThen int
	for n := range checks {
		if outcome := l.check(); outcome != right {
			t.Fatalf("check %d: %s: %s", n, outcome, l.message)
		}
		switch {
		case n == first-1:
			memoryThen = resident()
			filesThen = descriptors(l.function)
		case n%500 == 0:
			l.sim.RotateTo(fmt.Sprint(xdrtest.Canary, n))
		}
	}
	memoryNow := resident()
	filesNow := descriptors(l.function)
	goroutines := dump(t, l.function)
	t.Logf("%d checks: %d KiB of memory after %d, %d KiB at the end; %d and %d descriptors; %d goroutines",
		checks, memoryThen, first, memoryNow, filesThen, filesNow, goroutines)
	if memoryNow*10 > memoryThen*11 || filesNow > filesThen || goroutines > 20 {
		t.Error("that is too much")
	}
}
