package statemachine

import (
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

func TestChosen(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for _, c := range []struct{ state, input, to string }{
		{"Decide", `{"check":{"Payload":{"verdict":"pending"}}}`, "Wait"},
		{"Decide", `{"check":{"Payload":{"verdict":"done"}}}`, "Announce"},
		{"Decide", `{"check":{"Payload":{"verdict":"failed"}}}`, "Announce"},
		{"Decide", `{"check":{"Payload":{"verdict":"else"}}}`, ""},
		{"Decide", `{"check":{"Payload":{"verdict":1}}}`, ""},
		{"Decide", `{}`, ""},
		{"Judge", `{"check":{"Payload":{"verdict":"done"}}}`, "Done"},
		{"Judge", `{"check":{"Payload":{"verdict":"failed"}}}`, "Failed"},
		{"Wait", `{}`, "Check"},
		{"Done", `{}`, ""},
	} {
		if e, ok := m.Chosen(c.state, []byte(c.input)); e.To != c.to || ok != (c.to != "") {
			t.Errorf("%s %s: %v, want %q", c.state, c.input, e, c.to)
		}
	}
}

func TestAnUnknownErrorMeetsTheWildcard(t *testing.T) {
	t.Parallel()
	m := machine(t)
	if e, ok := m.Caught("Check", "Something.New"); !ok || e.Why != "catch States.ALL" || e.To != "CouldNotFindOut" {
		t.Error(e)
	}
	if r, ok := m.Retried("Check", "Something.New"); ok {
		t.Error(r)
	}
	if r, ok := m.Retried("Announce", "Something.New"); !ok || r.Error != asl.Wildcard {
		t.Error(r)
	}
}

func TestMermaidDrawsEveryEdge(t *testing.T) {
	t.Parallel()
	m := machine(t)
	drawn := arrows(m.Mermaid())
	for _, e := range m.Edges() {
		if !slices.Contains(drawn, e.From+" --> "+e.To) {
			t.Errorf("%v is not drawn", e)
		}
	}
	if t.Failed() || testing.Verbose() {
		t.Log("\n" + m.Mermaid())
	}
}

// arrows are the lines of a diagram without their labels, sorted.
func arrows(diagram string) []string {
	var found []string
	for line := range strings.Lines(diagram) {
		if arrow, _, _ := strings.Cut(strings.TrimSpace(line), ":"); strings.Contains(arrow, "-->") {
			found = append(found, strings.TrimSpace(arrow))
		}
	}
	slices.Sort(found)
	return found
}
