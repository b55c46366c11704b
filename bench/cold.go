package main

import (
	"errors"
	"math/rand/v2"
	"time"
)

// coldStart is one start of a process and its first check, of one endpoint.
type coldStart struct {
	init, check    time.Duration
	faults, memory int // at the first question for an event, and after the check
}

// slow is a part of a CPU, from the start or only once the process has initialized. The zero value is a whole one.
type slow struct {
	part      float64
	fromStart bool
}

func startCold(c contender, cpu int, s slow) (m coldStart, err error) {
	var first share
	part := newShare(s.part) // a group for each start: none inherits what another has used up
	defer part.close()
	if s.fromStart {
		first = part
	}
	box, err := start(c, cpu, first)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, box.stop()) }()
	if s.fromStart { // without control groups it begins here
		if err := part.limit(box.cmd.Process.Pid, box.exited); err != nil {
			return m, err
		}
	}
	ready, err := box.ready()
	if err != nil {
		return m, err
	}
	m.init = ready.Sub(box.began)
	if m.faults, err = pageFaults(box.cmd.Process.Pid); err != nil {
		return m, err
	}
	if !s.fromStart {
		if err := part.limit(box.cmd.Process.Pid, box.exited); err != nil {
			return m, err
		}
	}
	if m.check, err = box.check(1); err != nil {
		return m, err
	}
	m.memory, err = peakMemory(box.cmd.Process.Pid)
	return m, err
}

// cold are the cold starts of all contenders.
type cold struct{ init, check, total, faults, memory series }

// startAllCold starts the contenders in turn, n times, so that what disturbs the machine meets all of them.
func startAllCold(contenders []contender, cpu, n int, s slow) (cold, error) {
	r := cold{series{}, series{}, series{}, series{}, series{}}
	order := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a neighbour in the order leaves caches behind
	for range n {
		for _, i := range order.Perm(len(contenders)) {
			c := contenders[i]
			m, err := startCold(c, cpu, s)
			if err != nil {
				return r, err
			}
			r.init.add(c.name, m.init.Seconds())
			r.check.add(c.name, m.check.Seconds())
			r.total.add(c.name, (m.init + m.check).Seconds())
			r.faults.add(c.name, float64(m.faults))
			r.memory.add(c.name, float64(m.memory))
		}
	}
	return r, nil
}
