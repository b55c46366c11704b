package repo

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/statemachine"
)

// Each limit is longer than those inside it. A check fetches the secret and asks the API, and repeats both after a
// rotation of the key. The last check may be late by the longest wait.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	template := load(t)
	bound := func(path string) int { return number(t, at(template, "Parameters."+path).Value) }
	fetch := number(t, find(read(t, "pkg/handler/cache.go"), `fetchTimeout += (\d+) \* time.Second`)[0])
	call := number(t, property(template, "StatusFunction.Environment.Variables.XDR_HTTP_TIMEOUT_SECONDS").Value)
	function := number(t, property(template, "StatusFunction.Timeout").Value)
	machine := workflow(t)
	for _, c := range []struct {
		what         string
		inner, outer int
	}{
		{"a check, and its function", 2*(fetch+call) + 1, function},
		{"the function, and its task", function + 1, machine.States["Check"].TimeoutSeconds},
		{"a wait, and its workflow", bound("WaitTimeoutSeconds.MaxValue") + bound("MaxWaitSeconds.MaxValue"), machine.TimeoutSeconds},
		{"the shortest wait, and the longest", bound("MinWaitSeconds.MaxValue"), bound("MaxWaitSeconds.MinValue")},
	} {
		if c.inner > c.outer {
			t.Errorf("%s: at least %d s, and %d s", c.what, c.inner, c.outer)
		}
	}
}

// The events that start a wait are not those that announce its end.
func TestNoLoop(t *testing.T) {
	t.Parallel()
	source := at(load(t), "Parameters.EventSource.Default").Value
	announced := find(string(statemachine.Source), `"Source": "(.+)"`)
	if len(announced) == 0 || slices.Contains(announced, source) {
		t.Errorf("%s starts waits, and %v announce their end", source, announced)
	}
}

// Every parameter has a description, and is in a group of the console.
func TestParameters(t *testing.T) {
	t.Parallel()
	template := load(t)
	parameters := members(at(template, "Parameters"))
	for name, p := range parameters {
		if text := at(p, "Description").Value; len(text) < 10 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: description %q", name, text)
		}
	}
	var grouped []string
	for _, group := range at(template, "Metadata.AWS::CloudFormation::Interface.ParameterGroups").Content {
		for _, name := range at(group, "Parameters").Content {
			grouped = append(grouped, name.Value)
		}
	}
	same(t, "parameters in groups", grouped, slices.Collect(maps.Keys(parameters)))
}
