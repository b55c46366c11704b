"""From an EventBridge event to the completion event: the template, deployed by the SAM CLI into a local AWS, where the
real binary asks the simulated tenant.

Where this engine (MiniStack) differs from AWS:
- it stores LoggingConfig without telling the function, which therefore gets one environment variable that the template
  does not have;
- IAM is enforced for the function's own calls (AUTH=true), but not for those that Step Functions and EventBridge make;
  test_iam asks the engine's simulator about their roles;
- memory, reserved concurrency, tracing and log encryption are stored and have no effect;
- a failing target is not retried, and dead letters are not delivered;
- States.ALL and jitter are those of this interpreter; test/e2e/semantics compares others.
"""

import json
import re

import local
import ministack
import pytest
from conftest import AGENTS, FAIL, SUCCEED

SECRET, BUS = "secretsmanager:GetSecretValue", "arn:aws:events:us-east-1:000000000000:event-bus/"
DONE, FAILED, LATE, FLAKY, UNKNOWN = 22519813685301, 22519813685302, 22519813685308, 22519813685311, 22519813685310
FINISHED, CHANGED = "XDR Action Finished", "Step Functions Execution Status Change"


@pytest.fixture(scope="module")
def machine(stack):
    return stack["WaitForActionArn"]


@pytest.fixture(scope="module")
def patterns(machine):
    """The event patterns of docs/playbooks.md, for this stack."""
    page = (local.ROOT / "docs/playbooks.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.S)
    found = [re.sub(r"arn:aws:states:[^\"]+", machine, block) for block in blocks]
    assert [json.loads(p)["detail-type"] for p in found] == [[FINISHED], [CHANGED]]
    return found


@pytest.fixture(scope="module")
def told(aws, patterns):
    """Receives what both patterns choose from the bus: a function that gives the events since its last call."""
    sqs, bus = aws.client("sqs"), aws.client("events")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for i, pattern in enumerate(patterns):
        bus.put_rule(Name=f"told-{i}", EventPattern=pattern)
        bus.put_targets(Rule=f"told-{i}", Targets=[{"Id": "queue", "Arn": arn}])

    def receive():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])
    return lambda: list(receive())


def only(told, detail_type):
    """The detail of the one event that has come."""
    event, = local.until(detail_type, told)
    assert event["detail-type"] == detail_type, event
    return event["detail"]


@pytest.fixture
def wait_for(aws, machine):
    """Publishes an event with a request, and follows the execution that it started to its end."""
    def started(event_id):
        arns = [e["executionArn"] for e in aws.sfn.list_executions(stateMachineArn=machine)["executions"]]
        return next((a for a in arns if event_id in aws.sfn.describe_execution(executionArn=a)["input"]), None)

    def publish(**request):
        entry = {"Source": "soar.playbook", "DetailType": "XDR Action Started", "Detail": json.dumps(request)}
        sent, = aws.client("events").put_events(Entries=[entry])["Entries"]
        arn = local.until("execution for the event", lambda: started(sent["EventId"]))
        run = aws.finished(arn)
        given = json.loads(run["input"])
        assert given["id"] == sent["EventId"] and given["detail"] == request and given["time"], given
        return run
    return publish


def test_done(aws, wait_for, told, simulator):
    """Event to done: pending at first, then all succeed. The event at the end leads to its request"""
    about = {"group_action_id": str(LATE), "tenant": "acme", "context": {"incident": "INC-4711"}}
    run = wait_for(**about, alert="x" * 100_000)
    verdict = json.loads(run["output"])
    assert run["status"] == "SUCCEEDED" and verdict["verdict"] == "done" and verdict["endpoints"]["succeeded"] == 3
    event = only(told, FINISHED)
    assert event == verdict == verdict | about
    assert event["execution"] == run["name"] and json.loads(run["input"])["detail"].items() > about.items()
    states = aws.states(run)
    assert states.count("Wait") >= 2 and states[-3:] == ["Decide", "Announce", "Done"]
    assert simulator.requests(LATE) == [200] * states.count("Check")


def test_failed(aws, wait_for, told):
    """Event to failed: the execution succeeds, with the verdict as its output"""
    run = wait_for(group_action_id=FAILED)
    verdict = json.loads(run["output"])
    assert run["status"] == "SUCCEEDED" and verdict["verdict"] == "failed" and len(verdict["failed_endpoints"]) == 4
    assert only(told, FINISHED) == verdict
    assert aws.states(run) == ["Begin", "Check", "Decide", "Announce", "Done"]


def test_deadline(wait_for, told):
    """Event to failed: still pending when the time is up"""
    verdict = json.loads(wait_for(group_action_id=UNKNOWN, timeout_seconds=1)["output"])
    assert verdict["reason"] == "deadline_exceeded" and verdict["unknown_statuses"]
    assert only(told, FINISHED) == verdict


def test_outage(wait_for, told, simulator):
    """Event to done through a 503, a 429, an HTML 502 and a reset"""
    assert wait_for(group_action_id=FLAKY)["status"] == "SUCCEEDED" and only(told, FINISHED)["verdict"] == "done"
    assert simulator.requests(FLAKY)[-1] == 200 and len(simulator.requests(FLAKY)) == 5


@pytest.mark.parametrize("request_, error, cause", [
    ({"group_action_id": DONE, "tenant": "wrong"}, "XDR.Unauthorized", "401"),
    ({"group_action_id": DONE, "tenant": "nobody"}, "XDR.CredentialsInvalid", "xdr/tenant-nobody"),
    ({"group_action_id": 0}, "XDR.InvalidRequest", "group_action_id"),
], ids=["wrong key", "no secret", "bad event"])
def test_could_not_find_out(aws, wait_for, told, request_, error, cause):
    """Event to an error, and to AWS's own event about it, which leads to its request"""
    run = wait_for(**request_, context="INC-4711")
    assert aws.states(run) == ["Begin", "Check"]
    event = only(told, CHANGED)
    assert (event["status"], event["error"], event["name"]) == ("FAILED", error, run["name"]), event
    assert cause in event["cause"] and json.loads(event["input"])["detail"] == request_ | {"context": "INC-4711"}


@pytest.mark.parametrize("status, chosen", [
    ("RUNNING", False), ("SUCCEEDED", False), ("FAILED", True), ("TIMED_OUT", True), ("ABORTED", True)])
def test_ends_without_a_verdict(aws, machine, patterns, status, chosen):
    """The pattern of docs/playbooks.md chooses these ends, of this state machine only"""
    # The event as AWS documents it; this engine never times an execution out.
    event = {"id": "1", "source": "aws.states", "detail-type": CHANGED, "account": "000000000000",
             "region": local.REGION, "time": "2026-11-24T10:02:21Z", "resources": []}
    for arn, ours in ((machine, True), (f"{machine}2", False)):
        event["detail"] = {"name": "action--1", "input": "{}", "status": status, "stateMachineArn": arn}
        tested = aws.client("events").test_event_pattern(EventPattern=patterns[1], Event=json.dumps(event))
        assert tested["Result"] == (chosen and ours)


def test_event_twice(wait_for, told):
    """An event that comes twice starts two waits, which both end in the same verdict"""
    first, second = wait_for(group_action_id=DONE), wait_for(group_action_id=DONE)
    ends = {e["detail"]["execution"]: e["detail"]["verdict"] for e in told()}
    assert ends == {first["name"]: "done", second["name"]: "done"} and len(ends) == 2


def test_wait_for_many(aws, machine, told):
    """examples/wait_for_many starts waits, named after tenant and action"""
    many = aws.machine("many", ministack.playbook("wait_for_many", WaitForActionArn=machine))
    acme, nobody = ({"group_action_id": DONE, "tenant": tenant} for tenant in ("acme", "nobody"))
    actions = [acme, {"action_id": str(FAILED)}, nobody, {}]
    done, failed, nobody, nothing = json.loads(aws.execute(many, {"actions": actions})["output"])
    assert (done["verdict"], done["execution"]) == ("done", f"action-acme-{DONE}")
    assert (failed["verdict"], failed["execution"], failed["endpoints"]["failed"]) == ("failed", f"action--{FAILED}", 4)
    assert nobody["error"] == nothing["error"] == "Playbook.CouldNotFindOut"
    assert "xdr/tenant-nobody" in nobody["cause"] and "group_action_id" in nothing["cause"]
    assert {e["detail"]["execution"] for e in told()} == {done["execution"], failed["execution"]}


def test_isolate_and_wait(aws, machine, told):
    """examples/isolate_and_wait: of 1,000 endpoints all fail, and all are isolated again"""
    isolations = [ministack.isolation(FAIL), ministack.isolation(SUCCEED)]
    aws.mock({"isolations": isolations}, {"isolate": {"real": {"Isolate": "isolations"}}})
    isolate = aws.machine("isolate", ministack.playbook("isolate_and_wait", WaitForActionArn=machine))
    request = {"expected_agents": AGENTS, "tenant": "acme", "context": {"incident": "INC-4711"}}
    run = aws.execute(f"{isolate}#real", request)
    failed, done = (e["detail"] for e in told())
    assert json.loads(run["output"]) == done
    assert (done["verdict"], done["execution"]) == ("done", f"action-acme-{SUCCEED}")
    assert done["endpoints"]["succeeded"] == failed["endpoints"]["failed"] == 1000 and failed["truncated"]
    assert failed["context"] == done["context"] == request["context"] and len(json.dumps(failed)) > 30_000
    entered = aws.entered(run)
    assert [data["request"] for name, data in entered if name == "Isolate"] == [request, request]
    assert max(len(json.dumps(data)) for _, data in entered) < 256 * 1024 # which this engine does not demand


def test_iam(aws, stack, secrets):
    """Each role: its secrets, that function, that bus and that machine, no other"""
    function, machine, secret = stack["StatusFunctionArn"], stack["WaitForActionArn"], secrets["xdr/e2e"]
    for role, action, yes, no in [
        ("StatusRole", SECRET, secret, secrets["hr/salaries"]),
        ("StatusRole", SECRET, secrets["xdr/tenant-acme"], secret.replace("xdr/e2e", "xdr/e2e-more")),
        ("WaitRole", "lambda:InvokeFunction", function, f"{function}2"),
        ("WaitRole", "events:PutEvents", f"{BUS}default", f"{BUS}other"),
        ("StartRole", "states:StartExecution", machine, f"{machine}2"),
    ]:
        found = aws.client("cloudformation").describe_stack_resource(StackName="xdr-e2e", LogicalResourceId=role)
        who = f"role/{found['StackResourceDetail']['PhysicalResourceId']}"
        assert aws.decisions(who, [action], yes) == {"allowed"} != aws.decisions(who, [action], no), (action, yes, no)


def test_metric_filters(aws, stack, wait_for):
    """The function has written each field that a metric filter names"""
    wait_for(group_action_id=FLAKY)
    wait_for(group_action_id=UNKNOWN, timeout_seconds=1)
    logs, group = aws.client("logs"), stack["StatusLogGroupName"]
    written = set()
    for event in logs.filter_log_events(logGroupName=group)["events"]:
        line = json.loads(event["message"]) if event["message"].startswith("{") else {}
        written |= line.keys() | {f"endpoints.{name}" for name in line.get("endpoints", ())}
    named = set(re.findall(r"\$\.([\w.]+)", str(logs.describe_metric_filters(logGroupName=group)["metricFilters"])))
    assert len(named) > 5 and named <= written
