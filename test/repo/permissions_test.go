package repo_test

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The roles and the queue let do what is listed here, under these conditions, and nothing else.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const (
		secrets    = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
		ourAccount = "Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}"
		deliveries = "logs:CreateLogDelivery, logs:GetLogDelivery, logs:UpdateLogDelivery, logs:DeleteLogDelivery, logs:ListLogDeliveries, " +
			"logs:PutResourcePolicy, logs:DescribeResourcePolicies, logs:DescribeLogGroups"
	)
	want := []string{
		"DeadLettersPolicy: {Effect: Allow, Action: sqs:SendMessage, Principal: {Service: events.amazonaws.com}, Resource: !GetAtt DeadLetters.Arn, " +
			"Condition: {ArnEquals: {aws:SourceArn: !GetAtt StartRule.Arn}}}",
		"StartRole: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: events.amazonaws.com}, " + ourAccount + "}",
		"StartRole: {Effect: Allow, Action: states:StartExecution, Resource: !Ref WaitForAction}",
		"StatusRole: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}",
		"StatusRole: if HasSecret {Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: !Sub " + secrets + "${SecretName}-??????}",
		"StatusRole: if HasTenants {Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: !Sub " + secrets + "${TenantSecretPrefix}*}",
		"StatusRole: if HasSecretKey {Effect: Allow, Action: kms:Decrypt, Resource: !Ref SecretKmsKeyArn, " +
			"Condition: {StringEquals: {kms:ViaService: !Sub secretsmanager.${AWS::Region}.${AWS::URLSuffix}}}}",
		"StatusRole: {Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt StatusLogGroup.Arn}",
		"StatusRole: {Effect: Allow, Action: [xray:PutTraceSegments, xray:PutTelemetryRecords], Resource: *}",
		"WaitRole: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: states.amazonaws.com}, " + ourAccount + "}",
		"WaitRole: {Effect: Allow, Action: lambda:InvokeFunction, Resource: !Ref StatusFunction.Alias}",
		"WaitRole: {Effect: Allow, Action: events:PutEvents, Resource: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}}",
		"WaitRole: {Effect: Allow, Action: [" + deliveries + ", xray:PutTraceSegments, xray:PutTelemetryRecords, xray:GetSamplingRules, xray:GetSamplingTargets], Resource: *}",
	}
	var got []string
	tpl := load(t)
	for name, r := range tpl.Resources {
		for _, s := range statements(&r.Properties, "") {
			got = append(got, name+": "+s)
		}
	}
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("not listed: %s", s)
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("not in the template: %s", s)
		}
	}
	const managed = "!If [HasVpc, [!Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess], !Ref AWS::NoValue]"
	if list := flow(tpl.property(t, "StatusRole", "ManagedPolicyArns")); list != managed || strings.Count(read(t, "template.yaml"), "ManagedPolicyArns") != 1 {
		t.Errorf("managed policies: %s", list)
	}
}

// statements returns all statements of policies below a node, each with the condition of the template under which it is
// there.
func statements(n *yaml.Node, condition string) []string {
	if at(n, "Effect") != nil {
		return []string{condition + flow(n)}
	}
	children := n.Content
	if n.Tag == "!If" {
		condition += "if " + children[0].Value + " "
	}
	var out []string
	for _, c := range children {
		out = append(out, statements(c, condition)...)
	}
	return out
}

// flow returns a node as one line, without quotes.
func flow(n *yaml.Node) string {
	text := n.Value
	var parts []string
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			parts = append(parts, flow(c))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+": "+flow(n.Content[i+1]))
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	}
	if strings.HasPrefix(n.Tag, "!!") {
		return text
	}
	return n.Tag + " " + text
}
