package repo

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// holds evaluates a condition where only these parameters differ from their defaults, with which it must compare them.
func holds(t *testing.T, n *yaml.Node, given []string) bool {
	t.Helper()
	each := func(c *yaml.Node) bool { return holds(t, c, given) }
	switch n.Tag {
	case "!Not":
		return !each(n.Content[0])
	case "!And":
		return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !each(c) })
	case "!Or":
		return slices.ContainsFunc(n.Content, each)
	}
	compared := find(flow(n), `^(?:!Equals |{Fn::EachMemberEquals: )\[(?:!Join \[, )?!Ref (\w+)\]?, \w*\]}?$`)
	if len(compared) != 1 {
		t.Fatalf("a condition that nobody reads here: %s", flow(n))
	}
	if initial := at(load(t), "Parameters."+compared[0]+".Default").Value; !strings.Contains(flow(n), ", "+initial+"]") {
		t.Errorf("%s is compared with something else than its default %q: %s", compared[0], initial, flow(n))
	}
	return !slices.Contains(given, compared[0])
}

// Each condition depends on its own parameter only.
func TestConditions(t *testing.T) {
	t.Parallel()
	own := map[string]string{
		"HasSecretName":  "SecretName",
		"HasSecretArn":   "SecretArn",
		"HasTenants":     "TenantSecretPrefix",
		"HasSecretKey":   "SecretKmsKeyArn",
		"HasLogKey":      "LogKmsKeyArn",
		"HasTopic":       "AlarmTopicArn",
		"HasVpc":         "SubnetIds",
		"HasReservation": "ReservedConcurrency",
		"HasBoundary":    "PermissionsBoundaryArn",
		"HasBusArn":      "EventBusArn",
	}
	conditions := members(at(load(t), "Conditions"))
	for name, condition := range conditions {
		if !holds(t, condition, []string{own[name]}) || holds(t, condition, nil) {
			t.Errorf("%s depends on something else than %q", name, own[name])
		}
	}
	if len(own) != len(conditions) {
		t.Errorf("%d conditions, and tests for %d", len(conditions), len(own))
	}
}

// A function without any secret could not start, and one in half a VPC could not be made.
func TestRules(t *testing.T) {
	t.Parallel()
	template := load(t)
	for given, want := range map[string]bool{
		"":                                      false,
		"SecretName":                            true,
		"SecretArn":                             true,
		"TenantSecretPrefix":                    true,
		"SecretName TenantSecretPrefix":         true,
		"SecretArn TenantSecretPrefix":          true,
		"SecretName SecretArn":                  false,
		"SecretName SubnetIds":                  false,
		"SecretName SecurityGroupIds":           false,
		"SecretName SubnetIds SecurityGroupIds": true,
	} {
		ok := true
		for _, rule := range members(at(template, "Rules")) {
			for _, assertion := range at(rule, "Assertions").Content {
				ok = ok && holds(t, at(assertion, "Assert"), strings.Fields(given))
			}
		}
		if ok != want {
			t.Errorf("%q: allowed: %v", given, ok)
		}
	}
}
