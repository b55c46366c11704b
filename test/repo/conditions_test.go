package repo_test

import (
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
	case "!Or":
		return slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return holds(c, parameters) })
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

// with returns the defaults of all parameters, and one of another value.
func (tpl template) with(name, text string) map[string]string {
	parameters := map[string]string{}
	for name, p := range tpl.Parameters {
		if p.Default != nil {
			parameters[name] = *p.Default
		}
	}
	parameters[name] = text
	return parameters
}

// Each condition is that of its own parameter.
func TestConditions(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	changes := map[string][2]string{ // the condition of a parameter, and a value that turns it
		"SecretName": {"HasSecret", "xdr/acme"}, "TenantSecretPrefix": {"HasTenants", "xdr/"}, "SecretKmsKeyArn": {"HasSecretKey", "arn"},
		"LogKmsKeyArn": {"HasLogKey", "arn"}, "AlarmTopicArn": {"HasTopic", "arn"}, "SubnetIds": {"HasVpc", "subnet-1,subnet-2"}, "ReservedConcurrency": {"HasReservation", "0"},
	}
	if len(changes) != len(tpl.Conditions) {
		t.Errorf("%d conditions", len(tpl.Conditions))
	}
	for parameter, change := range changes {
		for name, condition := range tpl.Conditions {
			want := name == "HasReservation"
			if name == change[0] {
				want = !want
			}
			if got := holds(&condition, tpl.with(parameter, change[1])); got != want {
				t.Errorf("%s=%q: %s is %v", parameter, change[1], name, got)
			}
		}
	}
}

// A function without any secret could not start.
func TestRuleDemandsASecret(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	rule := tpl.Rules["Secret"].Assertions[0].Assert
	both := tpl.with("SecretName", "xdr/acme")
	both["TenantSecretPrefix"] = "xdr/"
	if holds(&rule, tpl.with("SecretName", "")) || !holds(&rule, tpl.with("SecretName", "xdr/acme")) || !holds(&rule, tpl.with("TenantSecretPrefix", "xdr/")) || !holds(&rule, both) {
		t.Error("not: at least one of both")
	}
}
