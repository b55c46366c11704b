package main

import (
	"errors"
	"fmt"
	"syscall"
)

// warm are checks by processes that have made one before.
type warm struct {
	took map[int]series // by the number of endpoints
	peak map[string]int // memory in bytes, by the contender
}

// plan is how many checks of each size are measured.
type plan struct{ endpoints, rounds, checks int }

// checkAllWarm lets the contenders make their checks in turn, a few at a time, on a part of a CPU; 0 is a whole one.
func checkAllWarm(contenders []contender, cpu int, part float64, plans []plan) (w warm, err error) {
	w = warm{map[int]series{}, map[string]int{}}
	boxes := make([]*sandbox, len(contenders))
	for i, c := range contenders {
		own := newShare(part)
		defer own.close()
		if boxes[i], err = startWarm(c, cpu); err != nil {
			return w, err
		}
		defer func() { err = errors.Join(err, boxes[i].stop()) }()
		if err := own.limit(boxes[i].cmd.Process.Pid, boxes[i].exited); err != nil {
			return w, err
		}
	}
	for _, p := range plans {
		w.took[p.endpoints] = series{}
		for range p.rounds {
			for _, b := range boxes {
				if err := b.checks(p, w.took[p.endpoints]); err != nil {
					return w, err
				}
			}
		}
	}
	for _, b := range boxes {
		if w.peak[b.contender.name], err = peakMemory(b.cmd.Process.Pid); err != nil {
			return w, err
		}
	}
	return w, nil
}

func startWarm(c contender, cpu int) (*sandbox, error) {
	b, err := start(c, cpu, share{})
	if err != nil {
		return nil, err
	}
	if _, err = b.ready(); err == nil {
		if _, err = b.check(1); err == nil {
			_, err = b.ready()
		}
	}
	if err != nil {
		return nil, errors.Join(err, b.stop())
	}
	return b, nil
}

func (s *sandbox) checks(p plan, to series) error {
	for range p.checks {
		took, err := s.check(p.endpoints)
		if err != nil {
			return err
		}
		to.add(s.contender.name, took.Seconds())
		if _, err := s.ready(); err != nil {
			return err
		}
	}
	return nil
}

// counters are what a warm check of a number of endpoints costs beside time.
type counters struct {
	allocations float64 // a check
	peakMemory  int     // of the process, in bytes
}

// count makes warm checks with a contender that has the meter built in.
func count(c contender, cpu int, p plan) (n counters, err error) {
	b, err := startWarm(c, cpu)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	unused := series{}
	if err := b.checks(plan{p.endpoints, 1, 3}, unused); err != nil { // buffers grow, connections open
		return n, err
	}
	var at [3]int
	for i := range at {
		if i == 2 {
			if err := b.checks(p, unused); err != nil {
				return n, err
			}
		}
		if at[i], err = b.mallocs(); err != nil {
			return n, err
		}
	}
	reading := at[1] - at[0]
	n.allocations = float64(at[2]-at[1]-reading) / float64(p.checks)
	n.peakMemory, err = peakMemory(b.cmd.Process.Pid)
	return n, err
}

// mallocs asks the meter for all allocations until now.
func (s *sandbox) mallocs() (n int, err error) {
	if err = s.cmd.Process.Signal(syscall.SIGUSR1); err == nil {
		_, err = fmt.Fscanln(s.meter, &n)
	}
	return n, err
}
