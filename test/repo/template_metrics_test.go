package repo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// What each metric counts, and of which log. The workflow's log names the service of an attempt that failed.
func TestMetrics(t *testing.T) {
	t.Parallel()
	const status, wait = "!Ref StatusLogGroup ", "!Ref WaitLogGroup "
	want := map[string]string{
		"Verdicts":            status + `{ $.message = "check" } 1 Count [{Key: Verdict, Value: $.verdict}]`,
		"PendingEndpoints":    status + `{ $.message = "check" } $.endpoints.pending Count -`,
		"ApiLatency":          status + `{ $.api_calls > 0 } $.api_ms Milliseconds -`,
		"ApiThrottles":        status + fmt.Sprintf(`{ $.error_name = "%s" } 1 Count -`, handler.Throttled),
		"DeadlinesExceeded":   status + fmt.Sprintf(`{ $.reason = "%s" } 1 Count -`, handler.DeadlineExceeded),
		"UnknownStatuses":     status + `{ $.unknown_statuses[0] = "*" } 1 Count -`,
		"FailedChecks":        wait + `{ $.details.resourceType = "lambda" } 1 Count -`,
		"FailedAnnouncements": wait + `{ $.details.resourceType = "events" } 1 Count -`,
	}
	got := map[string]string{}
	for _, r := range members(at(load(t), "Resources")) {
		if metric := at(r, "Properties.MetricTransformations.0"); !metric.IsZero() {
			got[at(metric, "MetricName").Value] = cells(at(r, "Properties"), "LogGroupName", "FilterPattern") + " " +
				cells(metric, "MetricValue", "Unit", "Dimensions")
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
		for _, query := range append(at(r, "Properties.Metrics").Content, at(r, "Properties")) {
			metric := query
			if at(query, "MetricName").IsZero() {
				metric = at(query, "MetricStat.Metric")
			}
			if at(metric, "Namespace").Tag == "!Sub" {
				watched = append(watched, cells(metric, "Namespace", "MetricName"))
			}
		}
	}
	space := flow(property(template, "Dashboard.DashboardBody.1.Space"))
	body := property(template, "Dashboard.DashboardBody.0").Value
	for _, pattern := range []string{`"\$\{Space\}", "(\w+)"`, `MetricName=\\"(\w+)\\"`} {
		for _, name := range find(body, pattern) {
			watched = append(watched, space+" "+name)
		}
	}
	if len(made) < 8 || len(watched) < 12 {
		t.Errorf("filters make %q, and %q are watched", made, watched)
	}
	for _, name := range watched {
		if !slices.Contains(made, name) {
			t.Errorf("no filter makes %s", name)
		}
	}
}

// When each alarm goes off. All of them notify the topic at both ends, and none goes off without data.
func TestAlarms(t *testing.T) {
	t.Parallel()
	const (
		ours      = "!Sub XdrActionStatus/${AWS::StackName} "
		machine   = " [{Name: StateMachineArn, Value: !Ref WaitForAction}]"
		answered  = "; answered: SampleCount 900 " + ours + "PendingEndpoints -"
		throttles = "; slowed: Sum 900 " + ours + "ApiThrottles -" +
			"; throttled: Sum 900 AWS/Lambda Throttles [{Name: FunctionName, Value: !Ref StatusFunction}]"
		topic = "!If [HasTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]"
	)
	want := map[string]string{
		"CouldNotFindOutAlarm": "1 SUM([FILL(failed, 0), FILL(late, 0), FILL(aborted, 0)])" +
			"; failed: Sum 300 AWS/States ExecutionsFailed" + machine +
			"; late: Sum 300 AWS/States ExecutionsTimedOut" + machine +
			"; aborted: Sum 300 AWS/States ExecutionsAborted" + machine,
		"OutageAlarm": "5 2 * failed - SUM([failed, FILL(answered, 0), FILL(slowed, 0), FILL(throttled, 0), FILL(ended, 0)])" +
			"; ended: Sum 900 AWS/States ExecutionsFailed" + machine + "; failed: Sum 900 " + ours + "FailedChecks -" + answered + throttles,
		"ThrottleAlarm": "7 2 * SUM([FILL(slowed, 0), FILL(throttled, 0)]) - " +
			"SUM([FILL(slowed, 0), FILL(throttled, 0), FILL(answered, 0)])" + answered + throttles,
		"DeadlineAlarm": "1 Sum 300 " + ours + "DeadlinesExceeded -",
		"DeadLetterAlarm": "1 Maximum 300 AWS/SQS ApproximateNumberOfMessagesVisible " +
			"[{Name: QueueName, Value: !GetAtt DeadLetters.QueueName}]",
		"AnnouncementAlarm":  "5 Sum 900 " + ours + "FailedAnnouncements -",
		"UnknownStatusAlarm": "1 Sum 300 " + ours + "UnknownStatuses -",
	}
	got := map[string]string{}
	for name, r := range members(at(load(t), "Resources")) {
		if at(r, "Type").Value != "AWS::CloudWatch::Alarm" {
			continue
		}
		properties := at(r, "Properties")
		got[name] = at(properties, "Threshold").Value + " " + watches(properties)
		when := cells(properties, "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions")
		once := at(properties, "EvaluationPeriods").Value == "1" || at(properties, "DatapointsToAlarm").Value == "1"
		if when != "GreaterThanOrEqualToThreshold notBreaching "+topic+" "+topic || !once {
			t.Errorf("%s: %s, at the first breach: %v", name, when, once)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// watches returns what an alarm is on: a metric, or an expression and the metrics in it.
func watches(alarm *yaml.Node) string {
	queries := at(alarm, "Metrics").Content
	if len(queries) == 0 {
		return cells(alarm, "Statistic", "Period", "Namespace", "MetricName", "Dimensions")
	}
	all := []string{at(queries[0], "Expression").Value}
	for _, query := range queries[1:] {
		all = append(all, at(query, "Id").Value+": "+cells(query, "MetricStat.Stat", "MetricStat.Period",
			"MetricStat.Metric.Namespace", "MetricStat.Metric.MetricName", "MetricStat.Metric.Dimensions"))
	}
	return strings.Join(all, "; ")
}

// Only an announcement whose every attempt failed makes as many as the alarm waits for.
func TestAnnouncementAlarmCountsTheAttempts(t *testing.T) {
	t.Parallel()
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		t.Fatal(err)
	}
	attempts := 1 + machine.States["Announce"].Retry[0].MaxAttempts
	if threshold := number(t, property(load(t), "AnnouncementAlarm.Threshold").Value); threshold != attempts {
		t.Errorf("the alarm waits for %d attempts, and the workflow makes %d", threshold, attempts)
	}
}

// The description of an alarm ends with the address of its entry in the runbook, and each has one of its own.
func TestAlarmsLeadToTheRunbook(t *testing.T) {
	t.Parallel()
	template := load(t)
	page := at(template, "Metadata.AWS::ServerlessRepo::Application.SourceCodeUrl").Value + "/blob/main/docs/operations.md#"
	headings := anchors(read(t, "docs/operations.md"))
	seen := map[string]string{}
	for name, r := range members(at(template, "Resources")) {
		if at(r, "Type").Value != "AWS::CloudWatch::Alarm" {
			continue
		}
		_, anchor, _ := strings.Cut(at(r, "Properties.AlarmDescription").Value, " "+page)
		if !slices.Contains(headings, anchor) {
			t.Errorf("%s leads to %q, which the runbook has not", name, anchor)
		}
		if seen[anchor] != "" {
			t.Errorf("%s and %s lead to the same entry", name, seen[anchor])
		}
		seen[anchor] = name
	}
}
