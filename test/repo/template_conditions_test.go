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
	case "!Or":
		return slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return holds(c, parameters) })
	}
	if each := at(n, "Fn::EachMemberEquals"); !each.IsZero() {
		list := strings.Split(value(each.Content[0], parameters), ",")
		return !slices.ContainsFunc(list, func(member string) bool { return member != each.Content[1].Value })
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
	changes := map[string][2]string{ // by condition: its parameter, and a value for which it holds
		"HasSecretName":  {"SecretName", "xdr/acme"},
		"HasSecretArn":   {"SecretArn", "arn"},
		"HasTenants":     {"TenantSecretPrefix", "xdr/"},
		"HasSecretKey":   {"SecretKmsKeyArn", "arn"},
		"HasLogKey":      {"LogKmsKeyArn", "arn"},
		"HasTopic":       {"AlarmTopicArn", "arn"},
		"HasVpc":         {"SubnetIds", "subnet-1,subnet-2"},
		"HasReservation": {"ReservedConcurrency", "5"},
		"HasBoundary":    {"PermissionsBoundaryArn", "arn"},
		"HasBusArn":      {"EventBusArn", "arn"},
	}
	if len(changes) != len(conditions) {
		t.Errorf("%d conditions, and tests for %d", len(conditions), len(changes))
	}
	for own, change := range changes {
		for name, condition := range conditions {
			if holds(condition, with(template, map[string]string{change[0]: change[1]})) != (name == own) {
				t.Errorf("%s=%q: %s is not %v", change[0], change[1], name, name == own)
			}
		}
	}
}

// A function without any secret could not start, and one in half a VPC could not be made.
func TestRules(t *testing.T) {
	t.Parallel()
	template := load(t)
	for _, c := range []struct {
		given string // parameters that are not empty
		ok    bool
	}{
		{"", false},
		{"SecretName", true},
		{"SecretArn", true},
		{"TenantSecretPrefix", true},
		{"SecretName TenantSecretPrefix", true},
		{"SecretArn TenantSecretPrefix", true},
		{"SecretName SecretArn", false},
		{"SecretName SubnetIds", false},
		{"SecretName SecurityGroupIds", false},
		{"SecretName SubnetIds SecurityGroupIds", true},
	} {
		given := map[string]string{}
		for name := range strings.FieldsSeq(c.given) {
			given[name] = "a,b"
		}
		ok := true
		for _, rule := range members(at(template, "Rules")) {
			for _, assertion := range at(rule, "Assertions").Content {
				ok = ok && holds(at(assertion, "Assert"), with(template, given))
			}
		}
		if ok != c.ok {
			t.Errorf("%q: allowed: %v", c.given, ok)
		}
	}
}
