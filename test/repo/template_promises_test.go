package repo

import "testing"

// Lines of the template that a promise depends on, and that no other test would miss.
func TestPromises(t *testing.T) {
	t.Parallel()
	const (
		bus     = "!If [HasBusArn, !Ref EventBusArn, !Ref EventBusName]"
		targets = "{StatusFunctionArn: !GetAtt StatusFunction.Arn, EventBusName: " + bus + "}"
		network = "!If [HasVpc, {SubnetIds: !Ref SubnetIds, SecurityGroupIds: !Ref SecurityGroupIds}, !Ref AWS::NoValue]"
		event   = "an envelope is known by these, and without its time the deadline would count from the first check"
		logKey  = "!If [HasLogKey, !Ref LogKmsKeyArn, !Ref AWS::NoValue]"
		machine = "!If [HasLogKey, {Type: CUSTOMER_MANAGED_KMS_KEY, KmsKeyId: !Ref LogKmsKeyArn}, !Ref AWS::NoValue]"
	)
	template := load(t)
	for _, c := range []struct{ property, want, why string }{
		{"StatusFunction.Handler", "bootstrap", "sam build makes this file"},
		{"StatusFunction.Architectures", "[!Ref Architecture]", "the parameter decides"},
		{"StatusFunction.LoggingConfig.LogFormat", "JSON", "the metric filters read JSON"},
		{"StatusFunction.LoggingConfig.ApplicationLogLevel", "INFO", "the metric filters read the line of each check"},
		{"StatusFunction.LoggingConfig.LogGroup", "!Ref StatusLogGroup", "the metric filters read this group"},
		{"StatusFunction.VpcConfig", network, "subnets and security groups are each in their place"},
		{"StatusFunction.ReservedConcurrentExecutions",
			"!If [HasReservation, !Ref ReservedConcurrency, !Ref AWS::NoValue]", "an account may have none to spare"},
		{"StatusLogGroup.RetentionInDays", "!Ref LogRetentionDays", "logs do not grow for ever"},
		{"WaitLogGroup.RetentionInDays", "!Ref LogRetentionDays", "logs do not grow for ever"},
		{"StatusLogGroup.KmsKeyId", logKey, "logs have the operator's key"},
		{"WaitLogGroup.KmsKeyId", logKey, "logs have the operator's key"},
		{"WaitForAction.StateMachineType", "STANDARD", "an express execution ends after five minutes"},
		{"WaitForAction.LoggingConfiguration.Level", "ERROR", "the metric filters count each line as an attempt that failed"},
		{"WaitForAction.LoggingConfiguration.IncludeExecutionData", "false",
			"a request may hold more than belongs in a log"},
		{"WaitForAction.EncryptionConfiguration", machine, "executions have the operator's key"},
		{"WaitForAction.LoggingConfiguration.Destinations",
			"[{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt WaitLogGroup.Arn}}]", "errors are in this group"},
		{"WaitForAction.DefinitionSubstitutions", targets, "the end is announced on the bus that starts waits"},
		{"StartRule.EventBusName", bus, "the end is announced on the bus that starts waits"},
		{"StartRule.EventPattern", "{source: [!Ref EventSource], detail-type: [!Ref EventDetailType]}",
			"other events start nothing"},
		{"StartRule.Targets.0.InputTransformer.InputPathsMap",
			"{id: $.id, time: $.time, source: $.source, type: $.detail-type, request: $.detail}", event},
		{"StartRule.Targets.0.InputTransformer.InputTemplate",
			`{"id": <id>, "time": <time>, "source": <source>, "detail-type": <type>, "detail": <request>}`, event},
		{"StartRule.Targets.0.RetryPolicy", "{MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185}",
			"an event that could not start a wait is tried again for an hour"},
		{"StartRule.Targets.0.DeadLetterConfig", "{Arn: !GetAtt DeadLetters.Arn}", "and then kept"},
		{"DeadLetters.MessageRetentionPeriod", "1209600", "14 days to look at what could not start a wait"},
		{"DeadLetters.SqsManagedSseEnabled", "!If [HasLogKey, !Ref AWS::NoValue, true]", "an event may hold an incident"},
		{"DeadLetters.KmsMasterKeyId", logKey, "dead letters have the operator's key"},
	} {
		if got := flow(property(template, c.property)); got != c.want {
			t.Errorf("%s is %s, want %s: %s", c.property, got, c.want, c.why)
		}
	}
}
