package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Edge is one way to another state: a Next, one comparison of a Choice, a Default, or one error name of a Catch.
type Edge struct {
	From, To string
	Why      string // such as `next`, `verdict = done`, `default`, `catch XDR.Rejected`
}

func (e Edge) String() string { return fmt.Sprintf("%s → %s (%s)", e.From, e.To, e.Why) }

// Names returns the states' names, sorted.
func (m Machine) Names() []string { return slices.Sorted(maps.Keys(m.States)) }

// Edges returns every way out of every state.
func (m Machine) Edges() []Edge {
	var edges []Edge
	for _, name := range m.Names() {
		s := m.States[name]
		if s.Next != "" {
			edges = append(edges, Edge{name, s.Next, "next"})
		}
		for _, rule := range s.Choices {
			edges = append(edges, Edge{name, rule.Next, rule.why()})
		}
		if s.Default != "" {
			edges = append(edges, Edge{name, s.Default, "default"})
		}
		for _, c := range s.Catch {
			for _, e := range c.ErrorEquals {
				edges = append(edges, Edge{name, c.Next, "catch " + e})
			}
		}
	}
	return edges
}

func (r Rule) why() string {
	return r.Variable[strings.LastIndexByte(r.Variable, '.')+1:] + " = " + r.StringEquals
}

// Chosen returns the way that an input takes out of a state that has not failed.
func (m Machine) Chosen(state string, input []byte) (Edge, bool) {
	s := m.States[state]
	for _, rule := range s.Choices {
		if lookup(input, rule.Variable) == rule.StringEquals {
			return Edge{state, rule.Next, rule.why()}, true
		}
	}
	if len(s.Choices) > 0 {
		return Edge{state, s.Default, "default"}, s.Default != ""
	}
	return Edge{state, s.Next, "next"}, s.Next != ""
}

// lookup follows a path of member names such as $.wait.previous.verdict to a string.
func lookup(input []byte, path string) string {
	var value any
	_ = json.Unmarshal(input, &value) // what is no object has no members
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "$."), ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, _ := value.(string) // what is no string equals none
	return text
}
