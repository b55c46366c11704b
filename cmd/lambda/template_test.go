package main

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// parameter is what CloudFormation lets a person enter. AllowedPattern is for the whole text.
type parameter struct {
	Type           string `yaml:"Type"`
	Default        string `yaml:"Default"`
	AllowedPattern string `yaml:"AllowedPattern"`
	MaxLength      int    `yaml:"MaxLength"`
	MinValue       *int   `yaml:"MinValue"`
	MaxValue       *int   `yaml:"MaxValue"`
}

func (p parameter) accepts(text string) bool {
	return regexp.MustCompile(`\A(?:`+p.AllowedPattern+`)\z`).MatchString(text) && (p.MaxLength == 0 || len(text) <= p.MaxLength)
}

// values draws what the template accepts; of a text, longer ones too.
func (p parameter) values(t *testing.T, name string) *rapid.Generator[string] {
	t.Helper()
	switch {
	case p.Type == "Number" && p.MinValue != nil && p.MaxValue != nil:
		number := rapid.OneOf(rapid.Just(*p.MinValue), rapid.Just(*p.MaxValue), rapid.IntRange(*p.MinValue, *p.MaxValue))
		return rapid.Map(number, strconv.Itoa)
	case p.Type == "String" && p.AllowedPattern != "":
		return rapid.StringMatching(p.AllowedPattern)
	}
	t.Fatalf("%s reaches the function, and the template bounds it by nothing", name)
	return nil
}

type functionTemplate struct {
	Parameters map[string]parameter `yaml:"Parameters"`
	Resources  struct {
		StatusFunction struct {
			Properties struct {
				Environment struct {
					Variables map[string]yaml.Node `yaml:"Variables"`
				} `yaml:"Environment"`
			} `yaml:"Properties"`
		} `yaml:"StatusFunction"`
	} `yaml:"Resources"`
}

func (tpl functionTemplate) variables() map[string]yaml.Node {
	return tpl.Resources.StatusFunction.Properties.Environment.Variables
}

func readTemplate(t *testing.T) functionTemplate {
	t.Helper()
	raw, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out functionTemplate
	if err := yaml.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// parameters returns those whose value a variable may have: one, or those of an If.
func parameters(variable yaml.Node) []string {
	if variable.Tag == "!Ref" {
		return []string{variable.Value}
	}
	var names []string
	for _, choice := range variable.Content {
		names = append(names, parameters(*choice)...)
	}
	return names
}

// environments draws what the function may be started with by the template.
func (tpl functionTemplate) environments(t *testing.T) *rapid.Generator[map[string]string] {
	t.Helper()
	values := map[string]*rapid.Generator[string]{}
	for name, value := range tpl.variables() {
		var choices []*rapid.Generator[string]
		for _, p := range parameters(value) {
			choices = append(choices, tpl.Parameters[p].values(t, p))
		}
		if choices == nil {
			choices = append(choices, rapid.Just(value.Value))
		}
		values[name] = rapid.OneOf(choices...)
	}
	if len(values) < 10 {
		t.Fatalf("%d variables", len(values))
	}
	return rapid.Custom(func(t *rapid.T) map[string]string {
		env := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(values)) { // in one order, so that a failure can be repeated
			env[name] = values[name].Draw(t, name)
		}
		return env
	})
}

// What the template accepts starts the function: a parameter that it refuses would stop each start of a function that is
// deployed. The template's rule on the two names of secrets is readEnv's.
func TestFunctionAcceptsWhatTheTemplateAccepts(t *testing.T) {
	t.Parallel()
	environments := readTemplate(t).environments(t)
	rapid.Check(t, func(t *rapid.T) {
		env := environments.Draw(t, "environment")
		_, err := readEnv(from(env))
		if named := env["XDR_SECRET_ID"] != "" || env["XDR_TENANT_SECRET_PREFIX"] != ""; named != (err == nil) {
			t.Errorf("a secret is named: %v; %v", named, err)
		}
		proxy, err := url.Parse(env["HTTPS_PROXY"]) // as net/http reads it
		if err != nil || env["HTTPS_PROXY"] != "" && (proxy.Hostname() == "" || proxy.User != nil || proxy.Path != "") {
			t.Errorf("HTTPS_PROXY: %v, %v", proxy, err)
		}
	})
}

// A metric of a field that no line has would stay empty, and its alarm silent.
func TestMetricsReadFieldsOfTheLog(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{})
	d.invoke(t, unknownID)
	d.invoke(t, `{}`)
	fields := map[string]bool{}
	for line := range strings.Lines(d.Stdout()) {
		var logged map[string]any
		if err := json.Unmarshal([]byte(line), &logged); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for name, value := range logged {
			fields[name] = true
			if group, ok := value.(map[string]any); ok {
				for below := range group {
					fields[name+"."+below] = true
				}
			}
		}
	}
	raw, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, metrics, _ := strings.Cut(string(raw), "# --- Metrics")
	metrics, _, _ = strings.Cut(metrics, "# --- ")
	read := regexp.MustCompile(`\$\.([a-z_.]+)`).FindAllStringSubmatch(metrics, -1)
	if len(read) < 8 {
		t.Errorf("%q", read)
	}
	for _, m := range read {
		if !fields[m[1]] {
			t.Errorf("no line of a check has %s", m[1])
		}
	}
}
