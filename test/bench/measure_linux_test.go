package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// samples are measured values by figure and contender.
type samples map[[2]string][]float64

func (s samples) add(figure, name string, value float64) {
	key := [2]string{figure, name}
	s[key] = append(s[key], value)
}

// median is 0 where nothing was measured.
func (s samples) median(figure, name string) float64 {
	sorted := slices.Sorted(slices.Values(s[[2]string{figure, name}]))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// mean evens out what a CPU quota does to short work: most of it is not slowed at all, and some a lot.
func (s samples) mean(figure, name string) float64 {
	sum := 0.0
	values := s[[2]string{figure, name}]
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

func TestMedianAndMean(t *testing.T) {
	t.Parallel()
	s := samples{{"figure", "name"}: {5, 1, 4, 10}}
	if got := s.median("figure", "name"); got != 5 {
		t.Errorf("median %v", got)
	}
	if got := s.mean("figure", "name"); got != 5 {
		t.Errorf("mean %v", got)
	}
	if got := s.median("figure", "nobody"); got != 0 {
		t.Errorf("median of nothing %v", got)
	}
}

// coldStarts starts the contenders n times in a random order, so that what disturbs the machine meets all of them.
// From its first question for an event, each has a part of the CPU: Lambda lends more to an init.
func (r *rig) coldStarts(list []contender, n int, part float64) samples {
	r.Helper()
	s := samples{}
	for range n {
		for _, i := range rand.Perm(len(list)) {
			p := r.start(list[i])
			s.add("faults", p.name, p.pageFaults())
			p.slow(part)
			s.add("init", p.name, p.init.Seconds())
			s.add("cold", p.name, (p.init + p.check(1)).Seconds())
			s.add("peak", p.name, p.peakMemory())
			p.close()
		}
	}
	return s
}

// plan is how many checks of a size are measured: some by each contender in every round.
type plan struct{ endpoints, rounds, checks int }

// figure is the name of a plan's durations among the samples.
func (p plan) figure() string { return fmt.Sprint(p.endpoints) }

// warmChecks lets processes that have made a check make more, in turn, with a part of the CPU.
func (r *rig) warmChecks(list []contender, part float64, plans []plan) samples {
	r.Helper()
	s := samples{}
	var processes []*process
	for _, c := range list {
		p := r.start(c)
		p.check(1)
		p.slow(part)
		processes = append(processes, p)
	}
	for _, plan := range plans {
		for range plan.rounds {
			for _, p := range processes {
				time.Sleep(time.Millisecond) // for the one before, to ask for its next event
				for range plan.checks {
					s.add(plan.figure(), p.name, p.check(plan.endpoints).Seconds())
				}
			}
		}
	}
	for _, p := range processes {
		s.add("peak", p.name, p.peakMemory())
		p.close()
	}
	return s
}

// count returns the allocations of a warm check, the runtime client's included, and the process's peak memory. The
// contender has the meter built in.
func (r *rig) count(c contender, endpoints, checks int) (allocations, peak float64) {
	r.Helper()
	meter, write, err := os.Pipe()
	check(r, err)
	c.files = []*os.File{write}
	p := r.start(c)
	check(r, write.Close())
	mallocs := func() float64 {
		var n int
		check(r, syscall.Kill(p.PID(), syscall.SIGUSR1))
		_, err := fmt.Fscanln(meter, &n)
		check(r, err)
		return float64(n)
	}
	for range 3 { // buffers grow, connections open
		p.check(endpoints)
	}
	first := mallocs()
	second := mallocs()
	for range checks {
		p.check(endpoints)
	}
	reading := second - first
	allocations = (mallocs() - second - reading) / float64(checks)
	peak = p.peakMemory()
	p.close()
	check(r, meter.Close())
	return allocations, peak
}
