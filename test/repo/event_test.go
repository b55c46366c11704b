package repo_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// What reaches the workflow is the event as it came, with what the function reads of an envelope: without its time the
// deadline would count from the first check.
func TestEventReachesTheWorkflow(t *testing.T) {
	t.Parallel()
	event := map[string]any{
		"version": "0", "id": "7f3c", "time": "2026-11-24T10:00:00Z", "region": "us-east-1", "account": "111122223333", "resources": []any{},
		"source": "soar.playbook", "detail-type": "XDR Action Started", "detail": map[string]any{"group_action_id": 7.0, "policy": map[string]any{"settle": "certain"}},
	}
	transformer := load(t).property(t, "StartRule", "Targets").Content[0]
	paths := at(transformer, "InputTransformer", "InputPathsMap")
	text := regexp.MustCompile(`<(\w+)>`).ReplaceAllStringFunc(at(transformer, "InputTransformer", "InputTemplate").Value, func(name string) string {
		path := at(paths, strings.Trim(name, "<>"))
		if path == nil {
			t.Fatalf("%s is in no path", name)
		}
		value, err := json.Marshal(event[strings.TrimPrefix(path.Value, "$.")])
		if err != nil {
			t.Fatal(err)
		}
		return string(value)
	})
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	want := map[string]any{}
	for _, name := range []string{"id", "time", "source", "detail-type", "detail"} {
		want[name] = event[name]
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s", text)
	}
}

// An event that could not start a wait is tried again for an hour, and then kept.
func TestNoEventIsLost(t *testing.T) {
	t.Parallel()
	target := flow(load(t).property(t, "StartRule", "Targets").Content[0])
	const kept = "RetryPolicy: {MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185}, DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}}"
	if !strings.HasSuffix(target, kept) {
		t.Error(target)
	}
}
