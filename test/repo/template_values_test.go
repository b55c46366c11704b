package repo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// variables are those of the function, by name.
func variables(template *yaml.Node) map[string]*yaml.Node {
	return members(property(template, "StatusFunction.Environment.Variables"))
}

// cmd/lambda or the standard library reads each variable that the function gets.
func TestVariablesAreRead(t *testing.T) {
	t.Parallel()
	known := append(find(read(t, "cmd/lambda/env.go"), `"((?:XDR|AWS)_[A-Z_]+)"`), "HTTPS_PROXY")
	given := variables(load(t))
	for name := range given {
		if !slices.Contains(known, name) {
			t.Errorf("cmd/lambda does not read %s", name)
		}
	}
	var samples map[string]map[string]string
	readJSON(t, "events/env.json", &samples)
	for name := range samples["StatusFunction"] {
		if given[name] == nil {
			t.Errorf("events/env.json: sam local ignores %s, because the template lacks it", name)
		}
	}
}

// A parameter and the code have the same default.
func TestDefaults(t *testing.T) {
	t.Parallel()
	template := load(t)
	code := handler.DefaultConfig()
	origin := code.AllowedOrigins[0]
	for name, want := range map[string]any{
		"XDR_TIMEOUT_SECONDS":     code.Timeout.Seconds(),
		"XDR_MIN_WAIT_SECONDS":    code.MinWait.Seconds(),
		"XDR_MAX_WAIT_SECONDS":    code.MaxWait.Seconds(),
		"XDR_EMPTY_GRACE_SECONDS": code.EmptyGrace.Seconds(),
		"XDR_ALLOWED_ORIGINS":     origin.Scheme + "://" + origin.Host,
	} {
		parameter := variables(template)[name].Value
		if got := at(template, "Parameters."+parameter+".Default").Value; got != fmt.Sprint(want) {
			t.Errorf("%s is %s in the template, %v in the code", parameter, got, want)
		}
	}
}

// Each limit is longer than those inside it. A check fetches the secret and asks the API, and repeats both after a
// rotation of the key.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	template := load(t)
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	fetch := number(t, find(read(t, "pkg/handler/cache.go"), `fetchTimeout += (\d+) \* time.Second`)[0])
	call := number(t, variables(template)["XDR_HTTP_TIMEOUT_SECONDS"].Value)
	function := number(t, property(template, "StatusFunction.Timeout").Value)
	check := 2 * (fetch + call)
	if function <= check {
		t.Errorf("the function's timeout is %d s, and a check may take %d", function, check)
	}
	if task := machine.States["Check"].TimeoutSeconds; task <= function {
		t.Errorf("the task's timeout is %d s, the function's %d", task, function)
	}
	bound := func(path string) int { return number(t, at(template, "Parameters."+path).Value) }
	longest := bound("WaitTimeoutSeconds.MaxValue") + bound("MaxWaitSeconds.MaxValue") // the last check may be that late
	if longest > machine.TimeoutSeconds {
		t.Errorf("the workflow's timeout is %d s, and a wait may take %d", machine.TimeoutSeconds, longest)
	}
	if bound("MinWaitSeconds.MaxValue") > bound("MaxWaitSeconds.MinValue") {
		t.Error("MinWaitSeconds may be above MaxWaitSeconds")
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
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
	slices.Sort(grouped)
	if names := slices.Sorted(maps.Keys(parameters)); !slices.Equal(grouped, names) {
		t.Errorf("groups %v\nparameters %v", grouped, names)
	}
}
