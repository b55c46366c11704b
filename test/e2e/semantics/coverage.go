package main

import (
	"fmt"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// coverage counts what executions went through.
type coverage struct {
	machine  asl.Machine
	states   map[string]int
	edges    map[asl.Edge]int
	retriers map[string]int // by retrierName
}

func newCoverage(m asl.Machine) coverage {
	return coverage{m, map[string]int{}, map[asl.Edge]int{}, map[string]int{}}
}

func retrierName(r asl.Retry) string { return fmt.Sprintf("%s: Retry[%d]", r.State, r.Index) }

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
			if !ok || c.machine.States[s.State].Retry[r.Index].MaxAttempts == 0 {
				return fmt.Errorf("%s retried %s, which is not to be retried", s.State, s.Error)
			}
			c.retriers[retrierName(r)]++
		}
		last = s
	}
	if t.Status == failed {
		r, ok := c.machine.Retried(from.State, t.Error)
		if !ok || c.machine.States[r.State].Retry[r.Index].MaxAttempts > 0 {
			return fmt.Errorf("%s failed with %s, which is to be retried", from.State, t.Error)
		}
		c.retriers[retrierName(r)]++
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
	figure := func(kind string, names []string, visited func(string) bool) string {
		n := len(names)
		for _, name := range names {
			if !visited(name) {
				missing = append(missing, kind+" "+name)
				n--
			}
		}
		return fmt.Sprintf("%ss %d/%d", kind, n, len(names))
	}
	edges := map[string]int{}
	var edgeNames, retrierNames []string
	for _, e := range c.machine.Edges() {
		edgeNames = append(edgeNames, e.String())
		edges[e.String()] = c.edges[e]
	}
	for _, name := range c.machine.Names() {
		for i := range c.machine.States[name].Retry {
			retrierNames = append(retrierNames, retrierName(asl.Retry{State: name, Index: i}))
		}
	}
	line = figure("state", c.machine.Names(), func(n string) bool { return c.states[n] > 0 }) + ", " +
		figure("transition", edgeNames, func(n string) bool { return edges[n] > 0 }) + ", " +
		figure("retrier", retrierNames, func(n string) bool { return c.retriers[n] > 0 })
	return line, missing
}
