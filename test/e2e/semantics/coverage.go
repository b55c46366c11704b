package main

import (
	"fmt"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// coverage counts what executions went through.
type coverage struct {
	machine asl.Machine
	states  map[string]int
	edges   map[asl.Edge]int
	retries map[asl.Retry]int
}

func newCoverage(m asl.Machine) coverage {
	return coverage{m, map[string]int{}, map[asl.Edge]int{}, map[asl.Retry]int{}}
}

// add follows a trace through the machine. A step that the language does not allow is an error: then the engine does not
// do what this program believes, and its figures would mean nothing.
func (c coverage) add(t trace) error {
	var from, last step // the state that the machine is in, and the last step in it
	for _, s := range t.Steps {
		switch s.Kind {
		case entered:
			if err := c.enter(from, last, s.State); err != nil {
				return err
			}
			from = s
		case retried:
			r, ok := c.machine.Retried(s.State, s.Error)
			if !ok {
				return fmt.Errorf("%s retried %s, which no retrier names", s.State, s.Error)
			}
			c.retries[r]++
		}
		last = s
	}
	return nil
}

func (c coverage) enter(from, last step, to string) error {
	c.states[to]++
	if from.State == "" {
		return nil
	}
	edge, ok := c.machine.Chosen(from.State, from.Input)
	if last.Kind == caught {
		edge, ok = c.machine.Caught(last.State, last.Error)
	}
	if !ok || edge.To != to {
		return fmt.Errorf("%s went to %s; the definition says %v", from.State, to, edge)
	}
	c.edges[edge]++
	return nil
}

// report returns the line of figures, and what was not visited.
func (c coverage) report() (line string, missing []string) {
	miss := func(what string, n int) int {
		if n > 0 {
			return 1
		}
		missing = append(missing, what)
		return 0
	}
	var states, edges, retries int
	for _, name := range c.machine.Names() {
		states += miss("state "+name, c.states[name])
	}
	for _, e := range c.machine.Edges() {
		edges += miss("transition "+e.String(), c.edges[e])
	}
	for _, r := range c.machine.Retries() {
		retries += miss("retrier "+r.String(), c.retries[r])
	}
	return fmt.Sprintf("states %d/%d, transitions %d/%d, retriers %d/%d", states, len(c.machine.Names()),
		edges, len(c.machine.Edges()), retries, len(c.machine.Retries())), missing
}
