"""What the deployed stack allows and counts. test_chain.py has filled its log before."""

import json

import local
import metricfilter
import pytest

pytestmark = pytest.mark.engine(f"{local.pinned('ministack')} + {local.pinned('aws-sam-cli')}")

SECRET, BUS = "secretsmanager:GetSecretValue", "arn:aws:events:us-east-1:000000000000:event-bus/"


def test_iam(stack, secrets):
    """Each role: its secrets, that function, that bus and that machine, no other"""
    function, secret = stack.outputs["StatusFunctionArn"], secrets["xdr/e2e"]
    for role, action, yes, no in [
        ("StatusRole", SECRET, secret, secrets["hr/salaries"]),
        ("StatusRole", SECRET, secrets["xdr/tenant-acme"], secret.replace("xdr/e2e", "xdr/e2e-more")),
        ("WaitRole", "lambda:InvokeFunction", function, f"{function}2"),
        ("WaitRole", "events:PutEvents", f"{BUS}default", f"{BUS}other"),
        ("StartRole", "states:StartExecution", stack.machine, f"{stack.machine}2"),
    ]:
        assert (stack.allowed(role, action, yes), stack.allowed(role, action, no)) == (True, False), (action, yes, no)


def test_metric_filters(aws, stack):
    """The metric filters pick what they should from the lines that the function wrote"""
    logs, group = aws.client("logs"), stack.outputs["StatusLogGroupName"]
    events = logs.filter_log_events(logGroupName=group)["events"]
    lines = [json.loads(e["message"]) for e in events if e["message"].startswith("{")]
    checks = [line for line in lines if line["message"] == "check"]
    names = [line.get("error_name") for line in lines]
    want = {
        "Verdicts": [1 for _ in checks],
        "PendingEndpoints": [line["endpoints"]["pending"] for line in checks],
        "ApiLatency": [line["api_ms"] for line in lines if line.get("api_calls")],
        "ApiThrottles": [1 for name in names if name == "XDR.Throttled"],
        "DeadlinesExceeded": [1 for line in checks if line["reason"] == "deadline_exceeded"],
        "UnknownStatuses": [1 for line in checks if "unknown_statuses" in line],
    }
    got = {}
    for f in logs.describe_metric_filters(logGroupName=group)["metricFilters"]:
        transformation, = f["metricTransformations"]
        value = transformation["metricValue"]
        got[transformation["metricName"]] = [
            metricfilter.select(value, line) if "$" in value else int(value)
            for line in lines if metricfilter.matches(f["filterPattern"], line)]
    assert len(got) >= 5 and got == {name: want[name] for name in got} and all(got.values())
