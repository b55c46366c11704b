package repo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// README's diagram is the one that Mermaid draws, or one with the same arrows in another order and other words.
func TestREADMEDrawsThisMachine(t *testing.T) {
	t.Parallel()
	m, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, "README.md")
	_, diagram, found := strings.Cut(readme, "```mermaid\nstateDiagram-v2\n")
	switch {
	case !found && strings.Contains(readme, "wait_for_action"):
		t.Fatalf("README names the workflow and does not draw it:\n%s", m.Mermaid())
	case !found:
		t.Fatal("README does not speak of the workflow")
	}
	diagram, _, _ = strings.Cut(diagram, "```")
	if got, want := arrows(diagram), arrows(m.Mermaid()); !slices.Equal(got, want) {
		t.Errorf("README draws %q, the workflow is %q", got, want)
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
