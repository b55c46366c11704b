package repo_test

import "testing"

// Lines of the template on which a promise rests, and which nothing else here would miss.
func TestPromises(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	for _, c := range []struct{ why, resource, property, want string }{
		{"sam build makes this file", "StatusFunction", "Handler", "bootstrap"},
		{"the parameter decides", "StatusFunction", "Architectures", "[!Ref Architecture]"},
		{"the metric filters read JSON, of each check, from this group", "StatusFunction", "LoggingConfig", "{LogFormat: JSON, ApplicationLogLevel: INFO, LogGroup: !Ref StatusLogGroup}"},
		{"each in its place", "StatusFunction", "VpcConfig", "!If [HasVpc, {SubnetIds: !Ref SubnetIds, SecurityGroupIds: !Ref SecurityGroupIds}, !Ref AWS::NoValue]"},
		{"an account may have none to spare", "StatusFunction", "ReservedConcurrentExecutions", "!If [HasReservation, !Ref ReservedConcurrency, !Ref AWS::NoValue]"},
		{"logs do not grow for ever", "StatusLogGroup", "RetentionInDays", "!Ref LogRetentionDays"},
		{"logs do not grow for ever", "WaitLogGroup", "RetentionInDays", "!Ref LogRetentionDays"},
		{"logs have the operator's key", "StatusLogGroup", "KmsKeyId", "!If [HasLogKey, !Ref LogKmsKeyArn, !Ref AWS::NoValue]"},
		{"logs have the operator's key", "WaitLogGroup", "KmsKeyId", "!If [HasLogKey, !Ref LogKmsKeyArn, !Ref AWS::NoValue]"},
		{"an express execution ends after five minutes", "WaitForAction", "Type", "STANDARD"},
		{"a request may carry more of an incident than belongs in a log", "WaitForAction", "Logging", "{Level: ERROR, IncludeExecutionData: false, " +
			"Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt WaitLogGroup.Arn}}]}"},
		{"the end is told on the bus that starts waits", "WaitForAction", "DefinitionSubstitutions", "{StatusFunctionArn: !Ref StatusFunction.Alias, EventBusName: !Ref EventBusName}"},
		{"the end is told on the bus that starts waits", "StartRule", "EventBusName", "!Ref EventBusName"},
		{"other events start nothing", "StartRule", "EventPattern", "{source: [!Ref EventSource], detail-type: [!Ref EventDetailType]}"},
		{"14 days to look at what could not start a wait", "DeadLetters", "MessageRetentionPeriod", "1209600"},
		{"an event may hold an incident", "DeadLetters", "SqsManagedSseEnabled", "true"},
	} {
		if got := flow(tpl.property(t, c.resource, c.property)); got != c.want {
			t.Errorf("%s.%s is %s, want %s: %s", c.resource, c.property, got, c.want, c.why)
		}
	}
}
