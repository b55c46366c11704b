package repo

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/statemachine"
)

// Lines of the template that a promise depends on, and that no other test would miss.
func TestPromises(t *testing.T) {
	t.Parallel()
	const (
		bus     = "!If [HasBusArn, !Ref EventBusArn, !Ref EventBusName]"
		targets = "{Partition: !Ref AWS::Partition, StatusFunctionArn: !GetAtt StatusFunction.Arn, EventBusName: " + bus + "}"
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
		{"Dashboard.DashboardBody.1.Space", strings.TrimSpace(ours), "the dashboard shows the stack's own metrics"},
		{"DeadLetters.KmsMasterKeyId", logKey, "dead letters have the operator's key"},
	} {
		if got := flow(property(template, c.property)); got != c.want {
			t.Errorf("%s is %s, want %s: %s", c.property, got, c.want, c.why)
		}
	}
}

// Each limit is longer than those inside it. A check fetches the secret and asks the API, and repeats both after a
// rotation of the key. The last check may be late by the longest wait.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	template := load(t)
	bound := func(path string) int { return number(t, at(template, "Parameters."+path).Value) }
	fetch := number(t, find(read(t, "pkg/handler/cache.go"), `fetchTimeout += (\d+) \* time.Second`)[0])
	call := number(t, property(template, "StatusFunction.Environment.Variables.XDR_HTTP_TIMEOUT_SECONDS").Value)
	function := number(t, property(template, "StatusFunction.Timeout").Value)
	machine := workflow(t)
	for _, c := range []struct {
		what         string
		inner, outer int
	}{
		{"a check, and its function", 2*(fetch+call) + 1, function},
		{"the function, and its task", function + 1, machine.States["Check"].TimeoutSeconds},
		{"a wait, and its workflow", bound("WaitTimeoutSeconds.MaxValue") + bound("MaxWaitSeconds.MaxValue"), machine.TimeoutSeconds},
		{"the shortest wait, and the longest", bound("MinWaitSeconds.MaxValue"), bound("MaxWaitSeconds.MinValue")},
	} {
		if c.inner > c.outer {
			t.Errorf("%s: at least %d s, and %d s", c.what, c.inner, c.outer)
		}
	}
}

// The template fills in what the workflow leaves open. The events that start a wait are not those that announce its end.
func TestTemplateFitsTheWorkflow(t *testing.T) {
	t.Parallel()
	template := load(t)
	given := members(property(template, "WaitForAction.DefinitionSubstitutions"))
	open := find(string(statemachine.Source), `\$\{(\w+)\}`)
	same(t, "the template fills in", slices.Collect(maps.Keys(given)), open)
	source := at(template, "Parameters.EventSource.Default").Value
	announced := find(string(statemachine.Source), `"Source": "(.+)"`)
	if len(announced) == 0 || slices.Contains(announced, source) {
		t.Errorf("%s starts waits, and %v announce their end", source, announced)
	}
}

// The stack and the playbooks run in every partition: nothing names one but examples, with an account that begins with 1.
func TestNoPartitionIsNamed(t *testing.T) {
	t.Parallel()
	for file, text := range files(t, `(\.asl\.json|template\.yaml)$`) {
		same(t, file+" names a partition", find(text, `arn:aws[a-z-]*:\w+:(?:[\w-]*|\$\{[^}]*\}):[^1]`), nil)
	}
}

// Every parameter has a description, is in a group of the console, and is in README with its default.
func TestParameters(t *testing.T) {
	t.Parallel()
	template := load(t)
	var names, rows, grouped []string
	for name, p := range members(at(template, "Parameters")) {
		if text := at(p, "Description").Value; len(text) < 10 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: description %q", name, text)
		}
		names = append(names, name)
		rows = append(rows, strings.TrimSpace(name+" | "+at(p, "Default").Value))
	}
	for _, group := range at(template, "Metadata.AWS::CloudFormation::Interface.ParameterGroups").Content {
		for _, name := range at(group, "Parameters").Content {
			grouped = append(grouped, name.Value)
		}
	}
	same(t, "parameters in groups", grouped, names)
	table := strings.ReplaceAll(section(t, "Parameters"), "`", "")
	same(t, "README", find(table, `(?m)^\| ([A-Z]\w+ \|[^|]*?) *\|`), rows)
}

// The roles and the queue allow what is listed here, under these conditions, and nothing else.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const (
		arn        = ", Resource: !Sub arn:${AWS::Partition}:"
		here       = ":${AWS::Region}:${AWS::AccountId}:"
		readSecret = "secretsmanager:GetSecretValue" + arn + "secretsmanager" + here + "secret:"
		trace      = "xray:PutTraceSegments, xray:PutTelemetryRecords"
		deliveries = "logs:CreateLogDelivery, logs:GetLogDelivery, logs:UpdateLogDelivery, logs:DeleteLogDelivery, " +
			"logs:ListLogDeliveries, logs:PutResourcePolicy, logs:DescribeResourcePolicies, logs:DescribeLogGroups"
		ourAccount = ", Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}"
		ourRule    = ", Condition: {ArnEquals: {aws:SourceArn: !GetAtt StartRule.Arn}}"
		ourMachine = ", Condition: {StringLike: {kms:EncryptionContext:aws:states:stateMachineArn: " +
			"!Sub arn:${AWS::Partition}:states" + here + "stateMachine:*WaitForAction-*}}"
		ourLogs = ", Condition: {StringEquals: {kms:EncryptionContext:SourceArn: " +
			"!Sub arn:${AWS::Partition}:logs" + here + "*}}"
		viaSecrets = ", Condition: {StringEquals: " +
			"{kms:ViaService: !Sub secretsmanager.${AWS::Region}.${AWS::URLSuffix}}}"
	)
	want := []string{ // by resource and condition of the template
		"DeadLettersPolicy: sqs:SendMessage, " + by("events") + ", Resource: !GetAtt DeadLetters.Arn" + ourRule,
		"DeadLettersPolicy: Deny sqs:*, Principal: *, Resource: !GetAtt DeadLetters.Arn" +
			", Condition: {Bool: {aws:SecureTransport: false}}",
		"StartRole: sts:AssumeRole, " + by("events") + ourAccount,
		"StartRole: states:StartExecution, Resource: !Ref WaitForAction",
		"StatusRole: sts:AssumeRole, " + by("lambda"),
		"StatusRole HasSecretName: " + readSecret + "${SecretName}-??????",
		"StatusRole HasSecretArn: secretsmanager:GetSecretValue, Resource: !Ref SecretArn",
		"StatusRole HasTenants: " + readSecret + "${TenantSecretPrefix}*",
		"StatusRole HasSecretKey: kms:Decrypt, Resource: !Ref SecretKmsKeyArn" + viaSecrets,
		"StatusRole: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt StatusLogGroup.Arn",
		"StatusRole: [" + trace + "], Resource: *",
		"StatusRole: !If [HasVpc, [!Sub arn:${AWS::Partition}:iam::aws:policy/service-role/" +
			"AWSLambdaENIManagementAccess], !Ref AWS::NoValue]",
		"WaitRole: sts:AssumeRole, " + by("states") + ourAccount,
		"WaitRole: lambda:InvokeFunction, Resource: !GetAtt StatusFunction.Arn",
		"WaitRole: events:PutEvents, Resource: !If [HasBusArn, !Ref EventBusArn, " +
			"!Sub arn:${AWS::Partition}:events" + here + "event-bus/${EventBusName}]",
		"WaitRole HasLogKey: [kms:Decrypt, kms:GenerateDataKey], Resource: !Ref LogKmsKeyArn" + ourMachine,
		"WaitRole HasLogKey: kms:GenerateDataKey, Resource: !Ref LogKmsKeyArn" + ourLogs,
		"WaitRole: [" + deliveries + ", " + trace + ", xray:GetSamplingRules, xray:GetSamplingTargets], Resource: *",
	}
	var got []string
	template := load(t)
	for name, r := range members(at(template, "Resources")) {
		got = append(got, statements(at(r, "Properties"), name)...)
		if managed := at(r, "Properties.ManagedPolicyArns"); !managed.IsZero() {
			got = append(got, name+": "+flow(managed))
		}
	}
	same(t, "the template allows", got, want)
	for name, role := range ofType(template, "AWS::IAM::Role") {
		const boundary = "!If [HasBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]"
		if got := cells(role, "Path", "PermissionsBoundary"); got != "!Ref RolePath "+boundary {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func by(service string) string { return "Principal: {Service: " + service + ".amazonaws.com}" }

// statements returns those of all policies under a node, each with its resource and the template's condition for it.
func statements(n *yaml.Node, where string) []string {
	if !at(n, "Effect").IsZero() {
		text := strings.TrimPrefix(strings.Replace(flow(n), "{Effect: Deny, Action: ", "Deny ", 1), "{Effect: Allow, Action: ")
		return []string{where + ": " + strings.TrimSuffix(text, "}")}
	}
	if n.Tag == "!If" {
		where += " " + n.Content[0].Value
	}
	var all []string
	for _, child := range n.Content {
		all = append(all, statements(child, where)...)
	}
	return all
}
