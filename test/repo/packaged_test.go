package repo

import (
	"encoding/json"
	"maps"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The template of a release needs no transform, holds the state machine, and fits in a request without a bucket.
// test/e2e/deploy/test_packaged.py compares it with what SAM makes of template.yaml, and deploys it.
func TestPackagedTemplate(t *testing.T) {
	t.Parallel()
	packaged := func() string {
		c := exec.CommandContext(t.Context(), "go", "run", "./scripts/template", "1.2.3-rc.1")
		c.Dir = root
		c.Stderr = t.Output()
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	text := packaged()
	if text != packaged() {
		t.Error("two runs differ")
	}
	if len(text) > 51_200 || strings.Contains(text, "\nTransform:") || strings.Contains(text, "AWS::Serverless::") {
		t.Errorf("%d bytes, or SAM in it", len(text))
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	template := document.Content[0]
	if code := flow(property(template, "StatusFunction.Code")); code != "{S3Bucket: !Ref CodeBucket, S3Key: !Ref CodeKey}" {
		t.Errorf("the code is %s", code)
	}
	for _, name := range find(read(t, "docs/deploying.md"), `([A-Z]\w+) ?=`) { // Terraform's, too
		if at(template, "Parameters."+name).IsZero() {
			t.Errorf("the page names a parameter %s", name)
		}
	}
	const pattern = `(.+/)?xdr-action-status_1\.2\.3-rc\.1_(fips_)?linux_(arm64|x86_64)\.zip`
	if got := at(template, "Parameters.CodeKey.AllowedPattern").Value; got != pattern {
		t.Errorf("CodeKey allows %s", got)
	}
	var got, want any
	readJSON(t, "statemachine/wait_for_action.asl.json", &want)
	err := json.Unmarshal([]byte(property(template, "WaitForAction.DefinitionString").Value), &got)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("another state machine: %v, %v", err, got)
	}
}

// The deployer's policy has a statement for each resource type, and reaches over the stack in two of all only. Their
// actions are compared with AWS's own lists in test/e2e/deploy/test_packaged.py.
func TestDeployerPolicy(t *testing.T) {
	t.Parallel()
	var policy struct {
		Statement []struct {
			Sid      string
			Resource any
		}
	}
	readJSON(t, "docs/deployer-policy.json", &policy)
	var got, everywhere []string
	for _, s := range policy.Statement {
		got = append(got, s.Sid)
		if s.Resource == "*" {
			everywhere = append(everywhere, s.Sid)
		}
	}
	want := map[string]bool{"Stack": true, "Code": true, "PassRole": true, "Read": true}
	for _, r := range members(at(load(t), "Resources")) {
		want[strings.NewReplacer("AWS::", "", "Serverless", "Lambda", "::", "").Replace(at(r, "Type").Value)] = true
	}
	slices.Sort(got)
	if sids := slices.Sorted(maps.Keys(want)); !slices.Equal(got, sids) {
		t.Errorf("the policy has\n%v\nthe template needs\n%v", got, sids)
	}
	if !slices.Equal(everywhere, []string{"Read", "LogsQueryDefinition"}) {
		t.Errorf("on all resources: %v", everywhere)
	}
}
