package main

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
	"time"

	"golang.org/x/sys/unix"
)

// keepOff moves the harness's own threads off a CPU, where there are others.
func keepOff(cpu int) error {
	var mine unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mine); err != nil || mine.Count() < 2 {
		return err
	}
	mine.Clear(cpu)
	threads, err := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, e := strconv.Atoi(t.Name()); e == nil {
			err = errors.Join(err, unix.SchedSetaffinity(id, &mine))
		}
	}
	return err
}

// lastCPU is the one for the contenders.
func lastCPU() (int, error) {
	var mine unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mine); err != nil {
		return 0, err
	}
	for cpu := len(mine)*64 - 1; cpu >= 0; cpu-- {
		if mine.IsSet(cpu) {
			return cpu, nil
		}
	}
	return 0, errors.New("no CPU")
}

// startOn starts the command on one CPU, and on a share of it: a process inherits both from the thread that starts it.
func startOn(cpu int, s share, cmd *exec.Cmd) error {
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
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	if s.group == "" {
		return cmd.Start()
	}
	if tasks := filepath.Join(s.group, "tasks"); write(tasks, strconv.Itoa(unix.Gettid())) == nil { // version 1
		defer func() { _ = write(filepath.Join(filepath.Dir(s.group), "tasks"), strconv.Itoa(unix.Gettid())) }()
		return cmd.Start()
	}
	group, err := os.Open(s.group)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd())} // #nosec G115 -- version 2
	return errors.Join(cmd.Start(), group.Close())
}

// pageFaults are those that needed no disk, since the process began.
func pageFaults(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, tail, _ := strings.Cut(string(text), ") ") // the name before it may hold anything
	fields := strings.Fields(tail)
	if len(fields) < 8 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	return strconv.Atoi(fields[7])
}

// peakMemory is the most that the process ever had in memory, in bytes.
func peakMemory(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, tail, _ := strings.Cut(string(text), "VmHWM:")
	var kb int
	_, err = fmt.Sscan(tail, &kb)
	return kb << 10, err
}

const period = 20 * time.Millisecond // Lambda's, by published measurements

// share gives a process a part of one CPU: by a control group of its own, or else by stopping and continuing it. The
// zero value is a whole CPU.
type share struct {
	part  float64
	group string // "" without control groups
}

func newShare(part float64) share {
	s := share{part: part}
	if part == 0 {
		return s
	}
	for root, limit := range map[string][2]string{ // the two versions of control groups
		"/sys/fs/cgroup":     {"cpu.max", fmt.Sprintf("%d %d", s.quota().Microseconds(), period.Microseconds())},
		"/sys/fs/cgroup/cpu": {"cpu.cfs_quota_us", strconv.FormatInt(s.quota().Microseconds(), 10)},
	} {
		group, err := os.MkdirTemp(root, "xdr-bench-")
		if err != nil {
			continue
		}
		_ = write(filepath.Join(group, "cpu.cfs_period_us"), strconv.FormatInt(period.Microseconds(), 10)) // version 1 only
		if write(filepath.Join(group, limit[0]), limit[1]) == nil {
			s.group = group
			return s
		}
		_ = os.Remove(group)
	}
	return s
}

func (s share) quota() time.Duration { return time.Duration(float64(period) * s.part) }

func (s share) String() string {
	if s.group == "" {
		return "SIGSTOP and SIGCONT"
	}
	return "a control group's CPU quota"
}

// limit takes a running process into the share, until it ends.
func (s share) limit(pid int, exited <-chan struct{}) error {
	if s.part == 0 {
		return nil
	}
	if s.group != "" {
		return write(filepath.Join(s.group, "cgroup.procs"), strconv.Itoa(pid))
	}
	go func() {
		for {
			select {
			case <-exited:
				return
			default:
			}
			_ = syscall.Kill(pid, syscall.SIGSTOP)
			time.Sleep(period - s.quota())
			_ = syscall.Kill(pid, syscall.SIGCONT)
			time.Sleep(s.quota())
		}
	}()
	return nil
}

func (s share) close() {
	if s.group != "" {
		_ = os.Remove(s.group)
	}
}

func write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0) // #nosec G304 -- a file of the kernel's
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
