package main

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/modules.txt")

// The bounds of what can be counted. Most have air: what they are to catch is a step, not a drift.
const (
	maxAllocations     = 290 // of a warm check of 1 endpoint; 125 of them are the runtime client's
	maxAllocations100k = 680 // of 100,000 endpoints: another for each TLS record, of which there are 580 to 630 here
	maxPeak            = 16_000_000
	maxFaults          = 1.55 // × hello, at the first question for an event, without prefetch
)

func testRig(t *testing.T) *rig {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	r, err := newRig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stubs.close)
	return r
}

func must[T any](t *testing.T) func(value T, err error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestSizeAndModules(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	for arch, most := range map[string]size{"arm64": {7_500_000, 3_200_000}, "amd64": {8_100_000, 3_550_000}} {
		s := must[size](t)(r.shipped(arch))
		t.Logf("%s: %d bytes, zipped %d", arch, s.Binary, s.Zipped)
		if s.Binary > most.Binary || s.Zipped > most.Zipped {
			t.Errorf("%s: %d bytes, zipped %d; at most %d, %d", arch, s.Binary, s.Zipped, most.Binary, most.Zipped)
		}
	}
	ours := must[contender](t)(r.ours(false))
	linked := must[[]string](t)(modules(ours.binary))
	file := filepath.Join("testdata", "modules.txt")
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(linked, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want := strings.Fields(string(must[[]byte](t)(os.ReadFile(file)))); !slices.Equal(linked, want) {
		t.Errorf("linked into the function:\n%s\nwant, by %s (go test ./bench -run Modules -update):\n%s", strings.Join(linked, "\n"), file, strings.Join(want, "\n"))
	}
}

func TestChecksCost(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	ours := must[contender](t)(r.ours(true))
	cpu := must[int](t)(lastCPU())
	for _, c := range []struct {
		plan plan
		most float64
	}{{plan{1, 1, 200}, maxAllocations}, {plan{100_000, 1, 5}, maxAllocations100k}} {
		n := must[counters](t)(count(ours, cpu, c.plan))
		t.Logf("%d endpoints: %.1f allocations, %d bytes at most in memory", c.plan.endpoints, n.allocations, n.peakMemory)
		if n.allocations > c.most || n.allocations < 1 {
			t.Errorf("%d endpoints: %.1f allocations, at most %v", c.plan.endpoints, n.allocations, c.most)
		}
		if n.peakMemory > maxPeak {
			t.Errorf("%d endpoints: %d bytes in memory, at most %d", c.plan.endpoints, n.peakMemory, maxPeak)
		}
	}
}

func TestColdStartCost(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	lazy := r.lazy(must[contender](t)(r.ours(false)))
	list := []contender{lazy, must[contender](t)(r.hello(false))}
	c := must[cold](t)(startAllCold(list, must[int](t)(lastCPU()), 5, slow{}))
	ratio := c.faults.median(nameLazy) / c.faults.median(nameHello)
	t.Logf("page faults: %v, %.2f × hello", c.faults.median(nameLazy), ratio)
	if ratio > maxFaults {
		t.Errorf("page faults: %.2f × hello, at most %v", ratio, maxFaults)
	}
}

// Not parallel: it counts the allocations of the whole process.
func TestDecodingDoesNotGrow(t *testing.T) {
	small, large := reply(1_000), reply(100_000)
	decode := func(body []byte, endpoints int) float64 {
		return testing.AllocsPerRun(10, func() {
			if a, err := decodeStream(body); err != nil || a.statuses != endpoints {
				t.Fatalf("%+v, %v", a, err)
			}
		})
	}
	if few, many := decode(small, 1_000), decode(large, 100_000); many > few+2 {
		t.Errorf("%v allocations for 1,000 endpoints, %v for 100,000", few, many)
	}
}

func TestNaiveAgrees(t *testing.T) {
	t.Parallel()
	body := reply(10_000)
	ours, naive := must[agents](t)(decodeStream(body)), must[agents](t)(decodeMap(body))
	if ours != naive || ours.statuses != 10_000 || ours.done != 9_990 {
		t.Errorf("%+v, %+v", ours, naive)
	}
}
