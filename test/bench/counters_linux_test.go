package bench

import "testing"

// Most of these bounds have some air: they are to catch a step, not a drift.

func TestChecksCost(t *testing.T) {
	t.Parallel()
	const maxPeak = 16_000_000
	r := newRig(t)
	ours := r.ours(meter)
	for _, c := range []struct {
		endpoints, checks int
		most              float64
	}{
		{1, 200, 252},     // 138 of them are hello's
		{100_000, 5, 400}, // another for each TLS record
	} {
		allocations, peak := r.count(ours, c.endpoints, c.checks)
		t.Logf("%d endpoints: %.1f allocations, %.0f bytes at most in memory", c.endpoints, allocations, peak)
		if allocations > c.most || allocations < 1 {
			t.Errorf("%d endpoints: %.1f allocations, at most %v", c.endpoints, allocations, c.most)
		}
		if peak > maxPeak {
			t.Errorf("%d endpoints: %.0f bytes in memory, at most %d", c.endpoints, peak, maxPeak)
		}
	}
}

func TestColdStartCost(t *testing.T) {
	t.Parallel()
	const most = 1.55 // × hello, without prefetch
	r := newRig(t)
	faults := r.coldStarts([]contender{r.lazy(r.ours()), r.hello()}, 5, 1)
	ratio := faults.median("faults", nameLazy) / faults.median("faults", nameHello)
	t.Logf("page faults at the first question for an event: %.2f × hello", ratio)
	if ratio > most {
		t.Errorf("page faults: %.2f × hello, at most %v", ratio, most)
	}
}
