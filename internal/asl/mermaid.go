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
		for _, r := range m.States[name].Retry {
			if r.MaxAttempts == 0 {
				fmt.Fprintf(&b, "  %s --> %s: temporary error\n  %s --> [*]: final error\n", name, name, name)
			}
		}
		if m.States[name].Type == "Succeed" {
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

// label is the values by which a Choice leads from a state to another. Other ways need no words.
func (m Machine) label(from, to string) string {
	var values []string
	for _, rule := range m.States[from].Choices {
		if rule.Next == to {
			values = append(values, rule.StringEquals)
		}
	}
	if values == nil {
		return ""
	}
	return ": " + strings.Join(values, ", ")
}
