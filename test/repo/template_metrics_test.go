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

const ours = "!Sub XdrActionStatus/${AWS::StackName} "

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
	template := load(t)
	for _, filter := range ofType(template, "AWS::Logs::MetricFilter") {
		metric := at(filter, "MetricTransformations.0")
		got[at(metric, "MetricName").Value] = cells(filter, "LogGroupName", "FilterPattern") + " " +
			cells(metric, "MetricValue", "Unit", "Dimensions")
		if space := flow(at(metric, "MetricNamespace")) + " "; space != ours {
			t.Errorf("a metric in %s", space)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	for _, name := range find(property(template, "Dashboard.DashboardBody.0").Value, `(?:\{Space\}", |MetricName=\\)"(\w+)`) {
		if got[name] == "" {
			t.Errorf("no filter makes %s, which the dashboard shows", name)
		}
	}
}

// When each alarm goes off. All of them notify the topic at both ends, and none goes off without data. The description
// of each ends with the address of its own entry in the runbook.
func TestAlarms(t *testing.T) {
	t.Parallel()
	const (
		machine   = " [{Name: StateMachineArn, Value: !Ref WaitForAction}]"
		answered  = "; answered: SampleCount 900 " + ours + "PendingEndpoints -"
		throttles = "; slowed: Sum 900 " + ours + "ApiThrottles -" +
			"; throttled: Sum 900 AWS/Lambda Throttles [{Name: FunctionName, Value: !Ref StatusFunction}]"
		topic = "!If [HasTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]"
	)
	attempts := 1 + workflow(t).States["Announce"].Retry[0].MaxAttempts // all those of one announcement
	want := map[string]string{
		"CouldNotFindOutAlarm": "1 SUM([FILL(failed, 0), FILL(late, 0), FILL(aborted, 0)])" +
			"; failed: Sum 300 AWS/States ExecutionsFailed" + machine +
			"; late: Sum 300 AWS/States ExecutionsTimedOut" + machine +
			"; aborted: Sum 300 AWS/States ExecutionsAborted" + machine,
		"OutageAlarm": "5 " + outageMath + "; ended: Sum 900 AWS/States ExecutionsFailed" + machine +
			"; failed: Sum 900 " + ours + "FailedChecks -" + answered + throttles,
		"ThrottleAlarm": "7 " + throttleMath + answered + throttles,
		"DeadlineAlarm": "1 Sum 300 " + ours + "DeadlinesExceeded -",
		"DeadLetterAlarm": "1 Maximum 300 AWS/SQS ApproximateNumberOfMessagesVisible " +
			"[{Name: QueueName, Value: !GetAtt DeadLetters.QueueName}]",
		"AnnouncementAlarm":  fmt.Sprint(attempts, " Sum 900 ", ours, "FailedAnnouncements -"),
		"UnknownStatusAlarm": "1 Sum 300 " + ours + "UnknownStatuses -",
	}
	got := map[string]string{}
	entries := map[string]bool{}
	template := load(t)
	page := at(template, "Metadata.AWS::ServerlessRepo::Application.SourceCodeUrl").Value + "/blob/main/docs/operations.md#"
	headings := anchors(read(t, "docs/operations.md"))
	for name, alarm := range ofType(template, "AWS::CloudWatch::Alarm") {
		got[name] = at(alarm, "Threshold").Value + " " + watches(alarm)
		when := cells(alarm, "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions")
		once := at(alarm, "EvaluationPeriods").Value == "1" || at(alarm, "DatapointsToAlarm").Value == "1"
		if when != "GreaterThanOrEqualToThreshold notBreaching "+topic+" "+topic || !once {
			t.Errorf("%s: %s, at the first breach: %v", name, when, once)
		}
		_, entry, _ := strings.Cut(at(alarm, "AlarmDescription").Value, " "+page)
		if !slices.Contains(headings, entry) || entries[entry] {
			t.Errorf("%s leads to %q, which the runbook does not have, or another alarm has too", name, entry)
		}
		entries[entry] = true
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
