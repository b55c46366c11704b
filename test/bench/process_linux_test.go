package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// process is a contender that runs under a Runtime API, and has asked for an event.
type process struct {
	*lambdatest.Function
	contender

	t     testing.TB
	init  time.Duration // from its start to its first question for an event
	group string        // that slows it down
}

func (r *rig) start(c contender) *process {
	r.Helper()
	p := &process{contender: c, t: r}
	var began time.Time
	p.Function = lambdatest.Start(r, lambdatest.Options{
		Binary:  c.binary,
		Env:     c.env,
		Timeout: time.Minute,
		Start: func(cmd *exec.Cmd) error {
			cmd.Args = append(cmd.Args, c.args...)
			cmd.ExtraFiles = c.files
			return onCPU(r.cpu, func() error {
				began = time.Now()
				return cmd.Start()
			})
		},
	})
	select {
	case <-p.FirstNext():
		p.init = time.Since(began)
	case <-p.Exited():
		r.Fatalf("%s ended: %s", c.name, p.Output())
	}
	return p
}

// check returns the time from the event to the answer.
func (p *process) check(endpoints int) time.Duration {
	p.t.Helper()
	reply, err := p.Invoke(p.t.Context(), fmt.Appendf(nil, p.event, endpoints))
	check(p.t, err)
	if reply.Failed() || !p.answered(string(reply.Payload), endpoints) {
		p.t.Fatalf("%s answered %s%s\n%s", p.name, reply.Payload, reply.RawError, p.Output())
	}
	return reply.Duration
}

// pageFaults returns those that needed no disk, since the process began.
func (p *process) pageFaults() float64 {
	p.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	check(p.t, err)
	_, tail, _ := strings.Cut(string(stat), ") ") // the name before it may hold anything
	n, err := strconv.Atoi(strings.Fields(tail)[7])
	check(p.t, err)
	return float64(n)
}

// peakMemory returns the most that the process ever had in memory, in bytes.
func (p *process) peakMemory() float64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	check(p.t, err)
	_, tail, _ := strings.Cut(string(status), "VmHWM:")
	var kb int
	_, err = fmt.Sscan(tail, &kb)
	check(p.t, err)
	return float64(kb << 10)
}

// slow leaves the process a part of a CPU.
func (p *process) slow(part float64) {
	p.t.Helper()
	if part == 1 {
		return
	}
	var err error
	p.group, err = newGroup(part)
	check(p.t, err)
	check(p.t, os.WriteFile(filepath.Join(p.group, "cgroup.procs"), []byte(strconv.Itoa(p.PID())), 0o600))
}

func (p *process) close() {
	p.Close()
	if p.group != "" {
		_ = os.Remove(p.group)
	}
}

// newGroup makes a control group of either version with a quota of CPU time in 20 ms, which is Lambda's period by
// published measurements.
func newGroup(part float64) (string, error) {
	const period = 20_000
	quota := strconv.Itoa(int(part * period))
	parent := "/sys/fs/cgroup/cpu"
	files := [][2]string{{"cpu.cfs_period_us", strconv.Itoa(period)}, {"cpu.cfs_quota_us", quota}}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		parent = "/sys/fs/cgroup"
		files = [][2]string{{"cpu.max", fmt.Sprint(quota, " ", period)}}
	}
	group, err := os.MkdirTemp(parent, "xdr-bench-")
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(group, f[0]), []byte(f[1]), 0o600); err != nil {
			return "", errors.Join(err, os.Remove(group))
		}
	}
	return group, nil
}

// onCPU starts a process on one CPU, which it inherits from the thread that starts it.
func onCPU(cpu int, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return err
	}
	err := start()
	return errors.Join(err, unix.SchedSetaffinity(0, &before))
}

// lastCPU returns the one for the contenders.
func lastCPU(t testing.TB) int {
	t.Helper()
	var mine unix.CPUSet
	check(t, unix.SchedGetaffinity(0, &mine))
	cpu := len(mine)*64 - 1
	for cpu > 0 && !mine.IsSet(cpu) {
		cpu--
	}
	return cpu
}

// keepOff moves the threads of the benchmark itself off a CPU, if there are others.
func keepOff(t testing.TB, cpu int) {
	t.Helper()
	var mine unix.CPUSet
	check(t, unix.SchedGetaffinity(0, &mine))
	if mine.Count() < 2 {
		return
	}
	mine.Clear(cpu)
	threads, err := os.ReadDir("/proc/self/task")
	check(t, err)
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		check(t, err)
		if err := unix.SchedSetaffinity(id, &mine); !errors.Is(err, syscall.ESRCH) {
			check(t, err)
		}
	}
}
