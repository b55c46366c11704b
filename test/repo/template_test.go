// Package e2e holds what runs the workflow on third-party engines, in e2e/run, and a test of the template that needs none.
package repo_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// A check fetches the secret and asks the API, and does both again where the key was rotated.
const (
	secretTime = 5 * time.Second // pkg/handler's limit for a fetch
	rounds     = 2
)

type template struct {
	Parameters map[string]struct {
		Default     *string `yaml:"Default"` // numbers as they are written
		Description string  `yaml:"Description"`
		MinValue    int     `yaml:"MinValue"`
		MaxValue    int     `yaml:"MaxValue"`
	} `yaml:"Parameters"`
	Conditions map[string]yaml.Node `yaml:"Conditions"`
	Rules      map[string]struct {
		Assertions []struct {
			Assert yaml.Node `yaml:"Assert"`
		} `yaml:"Assertions"`
	} `yaml:"Rules"`
	Resources map[string]struct {
		Properties yaml.Node `yaml:"Properties"`
	} `yaml:"Resources"`
	Metadata map[string]struct {
		ParameterGroups []struct {
			Parameters []string `yaml:"Parameters"`
		} `yaml:"ParameterGroups"`
	} `yaml:"Metadata"`
}

func load(t *testing.T) template {
	t.Helper()
	var out template
	if err := yaml.Unmarshal([]byte(read(t, "template.yaml")), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at returns the node under a path of keys, or nil.
func at(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == key })
		if n.Kind != yaml.MappingNode || i < 0 {
			return nil
		}
		n = n.Content[i+1]
	}
	return n
}

func (tpl template) property(t *testing.T, resource string, path ...string) *yaml.Node {
	t.Helper()
	properties := tpl.Resources[resource].Properties
	n := at(&properties, path...)
	if n == nil {
		t.Fatalf("%s has no %s", resource, strings.Join(path, "."))
	}
	return n
}

func (tpl template) seconds(t *testing.T, resource string, path ...string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(tpl.property(t, resource, path...).Value)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Second
}

// refs returns the names that !Ref and !Sub mention below a node.
func refs(n *yaml.Node) []string {
	var names []string
	switch n.Tag {
	case "!Ref":
		names = append(names, n.Value)
	case "!Sub":
		for _, m := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(n.Value, -1) {
			names = append(names, m[1])
		}
	}
	for _, c := range n.Content {
		names = append(names, refs(c)...)
	}
	return names
}

func variables(t *testing.T, tpl template) map[string]*yaml.Node {
	t.Helper()
	out := map[string]*yaml.Node{}
	n := tpl.property(t, "StatusFunction", "Environment", "Variables")
	for i := 0; i < len(n.Content); i += 2 {
		out[n.Content[i].Value] = n.Content[i+1]
	}
	return out
}

// The function reads every variable it is given, or the standard library does.
func TestVariablesAreRead(t *testing.T) {
	t.Parallel()
	known := []string{"HTTPS_PROXY"}
	for _, m := range regexp.MustCompile(`"((?:XDR|AWS)_[A-Z_]+)"`).FindAllStringSubmatch(read(t, "cmd/lambda/env.go"), -1) {
		known = append(known, m[1])
	}
	given := variables(t, load(t))
	for name := range given {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not read by cmd/lambda", name)
		}
	}
	var samples map[string]map[string]string
	if err := json.Unmarshal([]byte(read(t, "events/env.json")), &samples); err != nil {
		t.Fatal(err)
	}
	for name := range samples["StatusFunction"] {
		if given[name] == nil {
			t.Errorf("events/env.json: %s is not in the template, so sam local ignores it", name)
		}
	}
}

// A parameter and the code have the same default.
func TestDefaults(t *testing.T) {
	t.Parallel()
	tpl, d := load(t), handler.DefaultConfig()
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	origin := d.AllowedOrigins[0]
	for name, want := range map[string]string{
		"XDR_TIMEOUT_SECONDS":     seconds(d.Timeout),
		"XDR_MIN_WAIT_SECONDS":    seconds(d.MinWait),
		"XDR_MAX_WAIT_SECONDS":    seconds(d.MaxWait),
		"XDR_EMPTY_GRACE_SECONDS": seconds(d.EmptyGrace),
		"XDR_ALLOWED_ORIGINS":     origin.Scheme + "://" + origin.Host,
	} {
		parameter := tpl.Parameters[variables(t, tpl)[name].Value]
		if parameter.Default == nil || *parameter.Default != want {
			t.Errorf("%s: %v, want %s", name, parameter.Default, want)
		}
	}
}

// Each limit is longer than those inside it.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	var machine struct {
		TimeoutSeconds int
		States         map[string]struct{ TimeoutSeconds int }
	}
	if err := json.Unmarshal([]byte(read(t, "statemachine/wait_for_action.asl.json")), &machine); err != nil {
		t.Fatal(err)
	}
	function := tpl.seconds(t, "StatusFunction", "Timeout")
	check := rounds * (secretTime + tpl.seconds(t, "StatusFunction", "Environment", "Variables", "XDR_HTTP_TIMEOUT_SECONDS"))
	if function <= check {
		t.Errorf("the function's timeout is %v, and a check may take %v", function, check)
	}
	if task := machine.States["Check"].TimeoutSeconds; time.Duration(task)*time.Second <= function {
		t.Errorf("the task's timeout is %d s, the function's %v", task, function)
	}
	longest := tpl.Parameters["WaitTimeoutSeconds"].MaxValue + tpl.Parameters["MaxWaitSeconds"].MaxValue // the last check may be that late
	if longest > machine.TimeoutSeconds {
		t.Errorf("the state machine's timeout is %d s, and a wait may take %d", machine.TimeoutSeconds, longest)
	}
	if low, high := tpl.Parameters["MinWaitSeconds"].MaxValue, tpl.Parameters["MaxWaitSeconds"].MinValue; low > high {
		t.Errorf("MinWaitSeconds may be %d, and MaxWaitSeconds %d", low, high)
	}
}

// A changed parameter reaches the alias only through the description of the version.
func TestVersionDescriptionNamesEveryParameter(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	described := refs(tpl.property(t, "StatusFunction", "VersionDescription"))
	function := tpl.Resources["StatusFunction"].Properties
	for _, name := range refs(&function) {
		_, isParameter := tpl.Parameters[name]
		if isParameter && name != "ReservedConcurrency" && !slices.Contains(described, name) {
			t.Errorf("%s is not in VersionDescription", name)
		}
	}
}

// The metric of final errors leaves out those that the workflow retries, by the names of the contract.
func TestFinalErrorMetric(t *testing.T) {
	t.Parallel()
	pattern := load(t).property(t, "FinalErrorMetric", "FilterPattern").Value
	var got []string
	for _, m := range regexp.MustCompile(`!= "([^"]+)"`).FindAllStringSubmatch(pattern, -1) {
		got = append(got, m[1])
	}
	want := []string{string(handler.Unavailable), string(handler.CredentialsUnavailable), string(handler.Throttled)}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The events that start a wait are not those that announce its end.
func TestNoLoop(t *testing.T) {
	t.Parallel()
	source := load(t).Parameters["EventSource"].Default
	if machine := read(t, "statemachine/wait_for_action.asl.json"); strings.Contains(machine, fmt.Sprintf(`"Source": %q`, *source)) {
		t.Errorf("%s starts waits and announces their end", *source)
	}
}

// Every parameter is described, in a group of the console, and in README with its default.
func TestParameterTable(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	var grouped []string
	for _, g := range tpl.Metadata["AWS::CloudFormation::Interface"].ParameterGroups {
		grouped = append(grouped, g.Parameters...)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z][a-z]\\w+)` \\|([^|]*)\\|").FindAllStringSubmatch(read(t, "README.md"), -1) {
		documented[m[1]] = strings.Trim(m[2], "` ")
	}
	want := map[string]string{}
	for name, p := range tpl.Parameters {
		if p.Default == nil {
			p.Default = new(string)
		}
		want[name] = *p.Default
		if len(p.Description) < 10 || !strings.HasSuffix(p.Description, ".") {
			t.Errorf("%s: description %q", name, p.Description)
		}
	}
	if !maps.Equal(documented, want) {
		t.Errorf("README has %v\nthe template %v", documented, want)
	}
	slices.Sort(grouped)
	if names := slices.SortedFunc(maps.Keys(want), cmp.Compare); !slices.Equal(grouped, names) {
		t.Errorf("groups: %v\nparameters: %v", grouped, names)
	}
}
