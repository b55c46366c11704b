package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// coldStarts starts the contenders n times in a random order, so that what disturbs the machine meets all of them.
// From its first question for an event, each has a part of the CPU: Lambda lends more to an init.
func (r *rig) coldStarts(s samples, n int, part float64, list ...contender) {
	for range n {
		for _, i := range rand.Perm(len(list)) {
			p := r.start(list[i])
			s.add("faults", p.name, p.pageFaults())
			p.slow(part)
			s.add("init", p.name, p.init.Seconds())
			s.add("cold", p.name, (p.init + p.check(1)).Seconds())
			s.add("peak", p.name, p.peakMemory())
			p.Close()
		}
	}
}

// warmChecks lets processes that have made a hundred checks make more, in turn, with a part of the CPU. The figures have
// the numbers of endpoints as names.
func (r *rig) warmChecks(s samples, part float64, list ...contender) {
	var processes []*process
	for _, c := range list {
		p := r.start(c)
		for range 100 {
			p.check(1)
		}
		p.slow(part)
		processes = append(processes, p)
	}
	for _, plan := range []struct{ endpoints, rounds, checks int }{{1, 4, 100}, {1_000, 2, 10}, {100_000, 2, 1}} {
		for range plan.rounds {
			for _, i := range rand.Perm(len(processes)) {
				time.Sleep(time.Millisecond) // for the one before, to ask for its next event
				for range plan.checks {
					s.add(fmt.Sprint(plan.endpoints), list[i].name, processes[i].check(plan.endpoints).Seconds())
				}
			}
		}
	}
	for _, p := range processes {
		s.add("peak", p.name, p.peakMemory())
		p.Close()
	}
}

// count returns the allocations of a warm check, the runtime client's included, and the process's peak memory. The
// contender has the meter built in.
func (r *rig) count(c contender, endpoints, checks int) (allocations, peak float64) {
	meter, write, err := os.Pipe()
	try(err)
	p := r.start(c, write)
	defer p.Close()
	try(write.Close())
	mallocs := func() (n float64) {
		try(syscall.Kill(p.PID(), syscall.SIGUSR1))
		must(fmt.Fscanln(meter, &n))
		return n
	}
	for range 3 { // buffers grow, connections open
		p.check(endpoints)
	}
	mallocs()
	before := mallocs()
	for range checks {
		p.check(endpoints)
	}
	return (mallocs() - before) / float64(checks), p.peakMemory()
}

// slow leaves the process a part of a CPU in each 20 ms, which is Lambda's period by published measurements. As root,
// it puts the process into a control group of its own, of either version.
func (p *process) slow(part float64) {
	if part == 1 {
		return
	}
	const period = 20_000
	quota := int(part * period)
	parent := "/sys/fs/cgroup"
	settings := [][2]string{{"cpu.max", fmt.Sprint(quota, period)}}
	if _, err := os.Stat(filepath.Join(parent, "cgroup.controllers")); errors.Is(err, os.ErrNotExist) {
		parent = "/sys/fs/cgroup/cpu"
		settings = [][2]string{{"cpu.cfs_period_us", strconv.Itoa(period)}, {"cpu.cfs_quota_us", strconv.Itoa(quota)}}
	}
	group := must(os.MkdirTemp(parent, "xdr-bench-"))
	p.t.Cleanup(func() {
		p.Close()
		try(os.Remove(group))
	})
	for _, s := range append(settings, [2]string{"cgroup.procs", strconv.Itoa(p.PID())}) {
		try(os.WriteFile(filepath.Join(group, s[0]), []byte(s[1]), 0o600))
	}
}

// onLastCPU starts a process from a thread that runs only there, which the process inherits. The thread ends with its
// goroutine, which does not unlock it.
func onLastCPU(start func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		var only unix.CPUSet
		only.Set(lastCPU())
		done <- errors.Join(unix.SchedSetaffinity(0, &only), start())
	}()
	return <-done
}

// lastCPU is for the contenders.
var lastCPU = sync.OnceValue(func() int {
	var mine unix.CPUSet
	try(unix.SchedGetaffinity(0, &mine))
	cpu := len(mine)*64 - 1
	for !mine.IsSet(cpu) {
		cpu--
	}
	return cpu
})

// leaveLastCPU moves the threads of the benchmark itself to the others, if there are any.
func leaveLastCPU() {
	var others unix.CPUSet
	try(unix.SchedGetaffinity(0, &others))
	others.Clear(lastCPU())
	for _, thread := range must(os.ReadDir("/proc/self/task")) {
		_ = unix.SchedSetaffinity(must(strconv.Atoi(thread.Name())), &others) // it may have ended
	}
}

// The bounds have some air, most of them: they are to catch a step, not a drift.
func TestChecksCost(t *testing.T) {
	t.Parallel()
	const maxPeak = 16_000_000
	r := newRig(t)
	ours := r.ours(meter)
	for _, c := range []struct {
		endpoints, checks int
		most              float64
	}{
		{1, 200, 250},     // half of them are hello's
		{100_000, 5, 400}, // another for each TLS record
	} {
		allocations, peak := r.count(ours, c.endpoints, c.checks)
		t.Logf("%d endpoints: %.1f allocations, %.0f bytes at most in memory", c.endpoints, allocations, peak)
		if allocations > c.most || allocations < 1 {
			t.Errorf("%d endpoints: %.1f allocations, at most %v", c.endpoints, allocations, c.most)
		}
		if peak > maxPeak || peak < maxPeak/10 {
			t.Errorf("%d endpoints: %.0f bytes in memory, at most %d", c.endpoints, peak, maxPeak)
		}
	}
}

func TestColdStartCost(t *testing.T) {
	t.Parallel()
	const most = 1.55 // × hello, without prefetch
	r := newRig(t)
	lazy := r.lazy(r.ours())
	s := samples{}
	r.coldStarts(s, 5, 1, lazy, r.hello())
	ratio := s.ratio(median, "faults", nameHello)(lazy.name)
	t.Logf("page faults at the first question for an event: %.2f × hello", ratio)
	if !(ratio <= most) { // or it is no number
		t.Errorf("page faults: %.2f × hello, at most %v", ratio, most)
	}
}
