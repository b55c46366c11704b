package repo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// The template of a release needs no transform, holds the state machine, and fits in a request without a bucket.
// test/e2e/deploy/test_packaged.py compares it with what SAM makes of template.yaml, and deploys it.
func TestPackagedTemplate(t *testing.T) {
	t.Parallel()
	text := run(t, root, nil, "go", "run", "./scripts/template", "1.2.3-rc.1")
	if len(text) > 51_200 || strings.Contains(text, "\nTransform:") || strings.Contains(text, "AWS::Serverless::") {
		t.Errorf("%d bytes, or SAM in it", len(text))
	}
	template := parse(t, text)
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
