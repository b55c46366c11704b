package repo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// What each metric counts, and of which field of a check's log line. Final errors are those that the workflow does not
// retry.
func TestMetrics(t *testing.T) {
	t.Parallel()
	final := `{ $.message = "check failed"`
	for _, retried := range []any{handler.Unavailable, handler.CredentialsUnavailable, handler.Throttled} {
		final += fmt.Sprintf(` && $.error_name != "%s"`, retried)
	}
	want := map[string]string{
		"Verdicts":          `{ $.message = "check" } 1 Count [{Key: Verdict, Value: $.verdict}] -`,
		"PendingEndpoints":  `{ $.message = "check" } $.endpoints.pending Count - -`,
		"ApiLatency":        `{ $.api_calls > 0 } $.api_ms Milliseconds - -`,
		"FinalErrors":       final + " } 1 Count - 0",
		"DeadlinesExceeded": `{ $.reason = "deadline_exceeded" } 1 Count - 0`,
	}
	got := map[string]string{}
	for _, r := range members(at(load(t), "Resources")) {
		pattern := at(r, "Properties.FilterPattern").Value
		metric := at(r, "Properties.MetricTransformations.0")
		if pattern != "" {
			got[at(metric, "MetricName").Value] = pattern + " " +
				cells(metric, "MetricValue", "Unit", "Dimensions", "DefaultValue")
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// cells returns members of a node on one line.
func cells(n *yaml.Node, names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, flow(at(n, name)))
	}
	return strings.Join(all, " ")
}

// Every alarm and graph on a metric of ours is on one that a filter makes.
func TestMetricsAreThere(t *testing.T) {
	t.Parallel()
	template := load(t)
	var made, watched []string
	for _, r := range members(at(template, "Resources")) {
		if metric := at(r, "Properties.MetricTransformations.0"); !metric.IsZero() {
			made = append(made, cells(metric, "MetricNamespace", "MetricName"))
		}
		if n := at(r, "Properties.Namespace"); n.Tag == "!Sub" {
			watched = append(watched, cells(at(r, "Properties"), "Namespace", "MetricName"))
		}
	}
	space := flow(property(template, "Dashboard.DashboardBody.1.Space"))
	body := property(template, "Dashboard.DashboardBody.0").Value
	for _, pattern := range []string{`"\$\{Space\}", "(\w+)"`, `MetricName=\\"(\w+)\\"`} {
		for _, name := range find(body, pattern) {
			watched = append(watched, space+" "+name)
		}
	}
	if len(made) < 5 || len(watched) < 6 {
		t.Errorf("filters make %q, and %q are watched", made, watched)
	}
	for _, name := range watched {
		if !slices.Contains(made, name) {
			t.Errorf("no filter makes %s", name)
		}
	}
}

// When each alarm goes off. All of them notify the topic, and none goes off without data.
func TestAlarms(t *testing.T) {
	t.Parallel()
	const (
		ours     = "!Sub XdrActionStatus/${AWS::StackName} "
		function = " [{Name: FunctionName, Value: !Ref StatusFunction}] "
		machine  = " [{Name: StateMachineArn, Value: !Ref WaitForAction}] "
		queue    = " [{Name: QueueName, Value: !GetAtt DeadLetters.QueueName}] "
		all      = "GreaterThanOrEqualToThreshold 1 notBreaching !If [HasTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]"
	)
	want := map[string]string{ // the last numbers: how many periods of how many seconds
		"FinalErrorAlarm":  ours + "FinalErrors - Sum 1 300",
		"OutageAlarm":      "AWS/Lambda Errors" + function + "Sum 3 300",
		"DeadlineAlarm":    ours + "DeadlinesExceeded - Sum 1 300",
		"WaitTimeoutAlarm": "AWS/States ExecutionsTimedOut" + machine + "Sum 1 300",
		"ThrottleAlarm":    "AWS/Lambda Throttles" + function + "Sum 3 300",
		"DeadLetterAlarm":  "AWS/SQS ApproximateNumberOfMessagesVisible" + queue + "Maximum 1 300",
	}
	got := map[string]string{}
	for name, r := range members(at(load(t), "Resources")) {
		alarm := at(r, "Properties")
		if at(r, "Type").Value != "AWS::CloudWatch::Alarm" {
			continue
		}
		got[name] = cells(alarm, "Namespace", "MetricName", "Dimensions", "Statistic", "EvaluationPeriods", "Period")
		when := cells(alarm, "ComparisonOperator", "Threshold", "TreatMissingData", "AlarmActions")
		if when != all {
			t.Errorf("%s: %s, want %s", name, when, all)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
