package torture

import (
	"fmt"
	"regexp"
	"syscall"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// TestSoak: a process that lives for long grows in nothing. Its goroutines are counted in the dump that the runtime
// writes when the test ends it, in which no key may be either.
func TestSoak(t *testing.T) {
	checks := pick(2_000, 20_000)
	const first = 1_000
	sim, f := direct(t, xdrtest.Options{}, 300, 1)
	l, r := &lane{name: "soak", step: invoke(f)}, random(0)
	var memoryThen, filesThen int
	for n := range checks {
		if outcome := l.check(t, r); outcome != right {
			t.Fatalf("check %d: %s: %s", n, outcome, l.message)
		}
		switch {
		case n == first-1:
			memoryThen, filesThen = memory(t, f.PID(), "VmRSS:"), descriptors(f.PID())
		case n%500 == 0:
			sim.RotateTo(fmt.Sprint(xdrtest.Canary, n))
		}
	}
	memoryNow, filesNow := memory(t, f.PID(), "VmRSS:"), descriptors(f.PID())
	goroutines := dump(t, f)
	t.Logf("memory after %d checks %d KiB, after %d %d KiB; descriptors %d, %d; goroutines %d", first, memoryThen, checks, memoryNow, filesThen, filesNow, goroutines)
	if memoryNow*10 > memoryThen*11 {
		t.Errorf("memory grew from %d to %d KiB", memoryThen, memoryNow)
	}
	if filesNow > filesThen || goroutines > 20 {
		t.Errorf("%d descriptors, %d before; %d goroutines", filesNow, filesThen, goroutines)
	}
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+`)

// dump ends the process with the runtime's dump of all goroutines, and counts them.
func dump(t *testing.T, f *lambdatest.Function) int {
	t.Helper()
	if err := syscall.Kill(f.PID(), syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-f.Exited()
	noSecrets(t, f.Output())
	return len(goroutine.FindAllString(f.Stderr(), -1))
}
