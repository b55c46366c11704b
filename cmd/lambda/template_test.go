package main

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

type template struct {
	Parameters map[string]parameter `yaml:"Parameters"`
	Resources  map[string]struct {
		Properties struct {
			Environment struct {
				Variables map[string]yaml.Node `yaml:"Variables"`
			} `yaml:"Environment"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

func (tpl template) variables() map[string]yaml.Node {
	return tpl.Resources["StatusFunction"].Properties.Environment.Variables
}

// parameter is what CloudFormation lets a person enter. AllowedPattern is for the whole text.
type parameter struct {
	Default        string `yaml:"Default"`
	AllowedPattern string `yaml:"AllowedPattern"`
	MaxLength      int    `yaml:"MaxLength"`
	MinValue       *int   `yaml:"MinValue"`
	MaxValue       *int   `yaml:"MaxValue"`
}

func (p parameter) accepts(text string) bool {
	if p.MinValue != nil {
		n, err := strconv.Atoi(text)
		return err == nil && n >= *p.MinValue && n <= *p.MaxValue
	}
	whole := regexp.MustCompile(`\A(?:` + p.AllowedPattern + `)\z`)
	return p.AllowedPattern == "" || whole.MatchString(text) && (p.MaxLength == 0 || len(text) <= p.MaxLength)
}

// values draws what the template accepts; of a text, longer ones too.
func (p parameter) values(t *testing.T, name string) *rapid.Generator[string] {
	t.Helper()
	switch {
	case p.MinValue != nil && p.MaxValue != nil:
		return rapid.Map(rapid.IntRange(*p.MinValue, *p.MaxValue), strconv.Itoa) // often one of the two
	case p.AllowedPattern != "":
		return rapid.StringMatching(p.AllowedPattern)
	}
	t.Fatalf("%s reaches the function, and the template bounds it by nothing", name)
	return nil
}

func readTemplate(t *testing.T) (tpl template, text string) {
	t.Helper()
	raw, err := os.ReadFile("../../template.yaml")
	must(t, err)
	if err := yaml.Unmarshal(raw, &tpl); err != nil || len(tpl.variables()) < 10 {
		t.Fatalf("%d variables, %v", len(tpl.variables()), err)
	}
	return tpl, string(raw)
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

// What the template accepts starts the function. The template's rule on the two names of secrets is readEnv's.
func TestFunctionAcceptsWhatTheTemplateAccepts(t *testing.T) {
	t.Parallel()
	tpl, _ := readTemplate(t)
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
	rapid.Check(t, func(t *rapid.T) {
		env := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(values)) { // in one order, so that a failure can be repeated
			env[name] = values[name].Draw(t, name)
		}
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

// The function reads each variable that the template gives it, and has the same defaults. No pattern refuses its own.
func TestDefaultsOfTheTemplate(t *testing.T) {
	t.Parallel()
	tpl, _ := readTemplate(t)
	for name, p := range tpl.Parameters {
		if !p.accepts(p.Default) {
			t.Errorf("%s: %q", name, p.Default)
		}
	}
	env := map[string]string{}
	for name, value := range tpl.variables() {
		env[name] = value.Value
		if value.Tag == "!Ref" {
			env[name] = tpl.Parameters[value.Value].Default
		}
	}
	env["XDR_SECRET_ID"] = "s"
	unread := maps.Clone(env)
	got, err := readEnv(func(name string) string {
		delete(unread, name)
		return env[name]
	})
	want, _ := readEnv(from(map[string]string{"XDR_SECRET_ID": "s"}))
	if err != nil || !reflect.DeepEqual(got, want) || len(unread) > 0 {
		t.Errorf("the template gives %+v, %v\nthe code has %+v\nnobody reads %v", got, err, want, unread)
	}
	raw, err := os.ReadFile("../../events/env.json")
	samples := map[string]map[string]string{}
	if err != nil || json.Unmarshal(raw, &samples) != nil {
		t.Fatal(err, string(raw))
	}
	for name := range samples["StatusFunction"] {
		if _, ok := env[name]; !ok {
			t.Errorf("events/env.json: sam local ignores %s, because the template lacks it", name)
		}
	}
}

// A metric of a field that no line has would stay empty, and its alarm silent.
func TestMetricsReadFieldsOfTheLog(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{})
	d.invoke(t, unknownID)
	d.invoke(t, `{}`)
	_, text := readTemplate(t)
	read := regexp.MustCompile(`(?:\{ |Value: )\$\.([a-z_.]+)[^\w.]`).FindAllStringSubmatch(text, -1)
	if len(read) < 8 {
		t.Errorf("%q", read)
	}
	for _, m := range read {
		member := strings.ReplaceAll(regexp.QuoteMeta(m[1]), `\.`, `":{[^{}]*"`)
		if !regexp.MustCompile(`"` + member + `":`).MatchString(d.Output()) {
			t.Errorf("no line of a check has %s", m[1])
		}
	}
}
