package main

import (
	"fmt"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// coverage is what executions have not gone through: states, transitions and retriers, by what they are called here.
type coverage struct {
	machine asl.Machine
	left    map[string]bool
}

func retrier(at string, i int) string { return fmt.Sprintf("retrier %d of %s", i, at) }

func newCoverage(m asl.Machine) coverage {
	c := coverage{m, map[string]bool{}}
	for _, name := range m.Names() {
		c.left[name] = true
		for i := range m.States[name].Retry {
			c.left[retrier(name, i)] = true
		}
	}
	for _, e := range m.Edges() {
		c.left[e.String()] = true
	}
	return c
}

// add follows a trace through the machine. It returns the steps that the definition does not allow.
func (c coverage) add(t trace) (wrong []string) {
	var from, last step // the state that the machine is in, and the last step in it
	for _, s := range t.Steps {
		switch s.Kind {
		case entered:
			wrong = append(wrong, c.enter(from, last, s.State)...)
			from = s
		case retried:
			wrong = append(wrong, c.meet(s.State, s.Error, true)...)
		}
		last = s
	}
	if t.Status == failed {
		wrong = append(wrong, c.meet(from.State, t.Error, false)...)
	}
	return wrong
}

func (c coverage) enter(from, last step, to string) []string {
	delete(c.left, to)
	if from.State == "" {
		return nil
	}
	edge, ok := c.machine.Chosen(from.State, from.Input)
	if last.Kind == caught {
		edge, ok = c.machine.Caught(last.State, last.Error)
	}
	if !ok || edge.To != to {
		return []string{fmt.Sprintf("%s went to %s; the definition says %v", from.State, to, edge)}
	}
	delete(c.left, edge.String())
	return nil
}

// meet counts the retrier that an error has met; again reports whether the state was then tried again.
func (c coverage) meet(at, err string, again bool) []string {
	r, ok := c.machine.Retried(at, err)
	if !ok || again != (c.machine.States[at].Retry[r.Index].MaxAttempts > 0) {
		return []string{fmt.Sprintf("%s: %s is retried: %v; the definition says otherwise", at, err, again)}
	}
	delete(c.left, retrier(at, r.Index))
	return nil
}
