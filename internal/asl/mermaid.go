package asl

import (
	"fmt"
	"slices"
	"strings"
)

// Mermaid draws the machine as a [state diagram]: an arrow for each pair of states, labelled with what leads that way.
//
// [state diagram]: https://mermaid.js.org/syntax/stateDiagram.html
func (m Machine) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	fmt.Fprintf(&b, "  [*] --> %s\n", m.StartAt)
	for _, name := range m.order() {
		for _, to := range m.targets(name) {
			fmt.Fprintf(&b, "  %s --> %s%s\n", name, to, m.label(name, to))
		}
		if t := m.States[name].Type; t == "Succeed" || t == "Fail" {
			fmt.Fprintf(&b, "  %s --> [*]\n", name)
		}
	}
	return b.String()
}

// order is the states breadth first from the start, so that a reader meets them as the workflow does.
func (m Machine) order() []string {
	order := []string{m.StartAt}
	for i := 0; i < len(order); i++ {
		for _, to := range m.targets(order[i]) {
			if !slices.Contains(order, to) {
				order = append(order, to)
			}
		}
	}
	return order
}

func (m Machine) targets(name string) []string {
	var targets []string
	for _, e := range m.edges(name) {
		if !slices.Contains(targets, e.To) {
			targets = append(targets, e.To)
		}
	}
	return targets
}

// label says why a state leads to another: choices by value, caught errors by what they have in common.
func (m Machine) label(from, to string) string {
	var labels []string
	for _, e := range m.edges(from) {
		label := strings.TrimPrefix(e.Why, "verdict = ")
		switch {
		case e.To != to:
			continue
		case e.Why == "next":
			return "" // whatever else leads there, all does
		case strings.HasPrefix(e.Why, "catch "):
			label = m.caughtLabel(from, e)
		case e.Why == "default":
			label = "else"
		}
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	if labels == nil {
		return ""
	}
	return ": " + strings.Join(labels, ", ")
}

func (m Machine) caughtLabel(from string, e Edge) string {
	_, retried := m.Retried(from, strings.TrimPrefix(e.Why, "catch "))
	if retried {
		return "retries used up"
	}
	return "any other error"
}
