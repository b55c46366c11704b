package repo_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What each metric counts, of which field of a check's log line.
func TestMetrics(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Verdicts":          `{ $.message = "check" } 1 Count [{Key: Verdict, Value: $.verdict}]`,
		"PendingEndpoints":  `{ $.message = "check" } $.endpoints.pending Count`,
		"ApiLatency":        `{ $.api_calls > 0 } $.api_ms Milliseconds`,
		"FinalErrors":       `{ $.message = "check failed" && $.error_name != "XDR.Unavailable" && $.error_name != "XDR.CredentialsUnavailable" && $.error_name != "XDR.Throttled" } 1 Count 0`,
		"DeadlinesExceeded": `{ $.reason = "deadline_exceeded" } 1 Count 0`,
	}
	got := map[string]string{}
	for _, r := range load(t).Resources {
		pattern := at(&r.Properties, "FilterPattern")
		if pattern == nil {
			continue
		}
		line := pattern.Value
		transformation := at(&r.Properties, "MetricTransformations").Content[0]
		for _, key := range []string{"MetricValue", "Unit", "Dimensions", "DefaultValue"} {
			if n := at(transformation, key); n != nil {
				line += " " + flow(n)
			}
		}
		got[at(transformation, "MetricName").Value] = line
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// Every alarm and every graph on a metric of ours is on one that there is.
func TestMetricsAreThere(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	var made, watched []string
	for _, r := range tpl.Resources {
		if n := at(&r.Properties, "MetricTransformations"); n != nil {
			made = append(made, flow(at(n.Content[0], "MetricNamespace"))+" "+at(n.Content[0], "MetricName").Value)
		}
		if n := at(&r.Properties, "Namespace"); n != nil && n.Tag == "!Sub" {
			watched = append(watched, flow(n)+" "+at(&r.Properties, "MetricName").Value)
		}
	}
	dashboard := tpl.property(t, "Dashboard", "DashboardBody")
	space := flow(at(dashboard.Content[1], "Space"))
	for _, m := range regexp.MustCompile(`"\$\{Space\}", "(\w+)"|MetricName=\\"(\w+)\\"`).FindAllStringSubmatch(dashboard.Content[0].Value, -1) {
		watched = append(watched, space+" "+m[1]+m[2])
	}
	if len(made) < 5 || len(watched) < 6 {
		t.Errorf("%q, %q", made, watched)
	}
	for _, name := range watched {
		if !slices.Contains(made, name) {
			t.Errorf("no filter makes %s", name)
		}
	}
}

// When each alarm rings; all of them tell the topic, and none of them rings for silence.
func TestAlarms(t *testing.T) {
	t.Parallel()
	const (
		ours     = "!Sub XdrActionStatus/${AWS::StackName}"
		function = "[{Name: FunctionName, Value: !Ref StatusFunction}]"
	)
	want := map[string]string{
		"FinalErrorAlarm":  ours + " FinalErrors - Sum 1 x 300",
		"OutageAlarm":      "AWS/Lambda Errors " + function + " Sum 3 x 300",
		"DeadlineAlarm":    ours + " DeadlinesExceeded - Sum 1 x 300",
		"WaitTimeoutAlarm": "AWS/States ExecutionsTimedOut [{Name: StateMachineArn, Value: !Ref WaitForAction}] Sum 1 x 300",
		"ThrottleAlarm":    "AWS/Lambda Throttles " + function + " Sum 3 x 300",
		"DeadLetterAlarm":  "AWS/SQS ApproximateNumberOfMessagesVisible [{Name: QueueName, Value: !GetAtt DeadLetters.QueueName}] Maximum 1 x 300",
	}
	got := map[string]string{}
	for name, r := range load(t).Resources {
		of := func(key string) string {
			if n := at(&r.Properties, key); n != nil {
				return flow(n)
			}
			return "-"
		}
		if of("AlarmDescription") == "-" {
			continue
		}
		got[name] = strings.Join([]string{of("Namespace"), of("MetricName"), of("Dimensions"), of("Statistic"), of("EvaluationPeriods"), "x", of("Period")}, " ")
		rings := of("ComparisonOperator") + " " + of("Threshold") + ", " + of("TreatMissingData") + ", " + of("AlarmActions")
		if rings != "GreaterThanOrEqualToThreshold 1, notBreaching, !If [HasTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]" {
			t.Errorf("%s rings at %s", name, rings)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
