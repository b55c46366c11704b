package repo

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

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

// statements returns the statements of all policies under a node, with where they are: the resource, and the condition
// of the template under which they are there.
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
