package repo

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// holds evaluates a condition of CloudFormation for these parameters.
func holds(n *yaml.Node, parameters map[string]string) bool {
	switch n.Tag {
	case "!Equals":
		return value(n.Content[0], parameters) == value(n.Content[1], parameters)
	case "!Not":
		return !holds(n.Content[0], parameters)
	case "!And":
		return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !holds(c, parameters) })
	}
	panic("unknown function " + n.Tag)
}

func value(n *yaml.Node, parameters map[string]string) string {
	switch n.Tag {
	case "!Ref":
		return parameters[n.Value]
	case "!Join":
		return strings.ReplaceAll(value(n.Content[1], parameters), ",", n.Content[0].Value)
	}
	return n.Value
}

// with returns the defaults of all parameters, but these values for those named.
func with(template *yaml.Node, changes map[string]string) map[string]string {
	parameters := map[string]string{}
	for name, p := range members(at(template, "Parameters")) {
		parameters[name] = at(p, "Default").Value
	}
	maps.Copy(parameters, changes)
	return parameters
}

// Each condition depends on its own parameter only.
func TestConditions(t *testing.T) {
	t.Parallel()
	template := load(t)
	conditions := members(at(template, "Conditions"))
	changes := map[string][2]string{ // by condition: its parameter, and a value that turns it
		"HasSecret":      {"SecretName", "xdr/acme"},
		"HasTenants":     {"TenantSecretPrefix", "xdr/"},
		"HasSecretKey":   {"SecretKmsKeyArn", "arn"},
		"HasLogKey":      {"LogKmsKeyArn", "arn"},
		"HasTopic":       {"AlarmTopicArn", "arn"},
		"HasVpc":         {"SubnetIds", "subnet-1,subnet-2"},
		"HasReservation": {"ReservedConcurrency", "0"},
	}
	if len(changes) != len(conditions) {
		t.Errorf("%d conditions, and tests for %d", len(conditions), len(changes))
	}
	for own, change := range changes {
		for name, condition := range conditions {
			want := (name == own) != (name == "HasReservation") // the one that holds by default
			if holds(condition, with(template, map[string]string{change[0]: change[1]})) != want {
				t.Errorf("%s=%q: %s is not %v", change[0], change[1], name, want)
			}
		}
	}
}

// A function without any secret could not start.
func TestRuleDemandsASecret(t *testing.T) {
	t.Parallel()
	template := load(t)
	rule := at(template, "Rules.Secret.Assertions.0.Assert")
	for _, name := range []string{"", "xdr/acme"} {
		for _, prefix := range []string{"", "xdr/"} {
			given := with(template, map[string]string{"SecretName": name, "TenantSecretPrefix": prefix})
			if holds(rule, given) != (name+prefix != "") {
				t.Errorf("the rule is wrong for SecretName=%q TenantSecretPrefix=%q", name, prefix)
			}
		}
	}
}
