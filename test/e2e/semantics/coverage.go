package main

import (
	"fmt"
	"strings"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// coverage counts what executions went through: states, transitions and retriers, by what they are called here.
type coverage struct {
	machine asl.Machine
	visited map[string]int
}

func state(name string) string        { return "state " + name }
func transition(e asl.Edge) string    { return "transition " + e.String() }
func retrier(at string, i int) string { return fmt.Sprintf("retrier %d of %s", i, at) }

// everything is all that there is to visit.
func everything(m asl.Machine) []string {
	var all []string
	for _, name := range m.Names() {
		all = append(all, state(name))
		for i := range m.States[name].Retry {
			all = append(all, retrier(name, i))
		}
	}
	for _, e := range m.Edges() {
		all = append(all, transition(e))
	}
	return all
}

// add follows a trace through the machine. A step that the definition does not allow is an error: the figures would
// mean nothing.
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
			if err := c.meet(s.State, s.Error, true); err != nil {
				return err
			}
		}
		last = s
	}
	if t.Status == failed {
		return c.meet(from.State, t.Error, false)
	}
	return nil
}

func (c coverage) enter(from, last step, to string) error {
	c.visited[state(to)]++
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
	c.visited[transition(edge)]++
	return nil
}

// meet counts the retrier that an error has met; again reports whether the state was then tried again.
func (c coverage) meet(at, err string, again bool) error {
	r, ok := c.machine.Retried(at, err)
	if !ok || again != (c.machine.States[at].Retry[r.Index].MaxAttempts > 0) {
		return fmt.Errorf("%s: %s is retried: %v; the definition says otherwise", at, err, again)
	}
	c.visited[retrier(at, r.Index)]++
	return nil
}

// report returns the line of figures, and what was not visited.
func (c coverage) report() (line string, missing []string) {
	all, visited := map[string]int{}, map[string]int{}
	for _, what := range everything(c.machine) {
		kind, _, _ := strings.Cut(what, " ")
		all[kind]++
		if c.visited[what] > 0 {
			visited[kind]++
		} else {
			missing = append(missing, what)
		}
	}
	return fmt.Sprintf("states %d/%d, transitions %d/%d, retriers %d/%d", visited["state"], all["state"],
		visited["transition"], all["transition"], visited["retrier"], all["retrier"]), missing
}
