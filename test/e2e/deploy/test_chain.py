"""From an EventBridge event to the completion event: the template, deployed by the SAM CLI into a local AWS, where the
real binary asks the simulated tenant.

Where this engine (MiniStack) differs from AWS:
- it stores LoggingConfig without telling the function, which therefore gets one environment variable that the template
  does not have;
- IAM is enforced for the function's own calls (AUTH=true), but not for those that Step Functions and EventBridge make;
  test_policy.py judges their roles;
- memory, reserved concurrency, tracing and log encryption are stored and have no effect;
- a failing target is not retried, and dead letters are not delivered;
- States.ALL and jitter are those of this interpreter; test/e2e/semantics compares another one.
"""

import json
import uuid

import local
import metricfilter
import pytest
import yaml

pytestmark = pytest.mark.engine(f"{local.pinned('ministack')} + {local.pinned('aws-sam-cli')}")

STACK = "xdr-e2e"
DONE, FAILED, LATE, FLAKY, PENDING = 22519813685301, 22519813685302, 22519813685308, 22519813685311, 22519813685366
FINAL = {"XDR.Unauthorized", "XDR.CredentialsInvalid", "XDR.InvalidRequest"} # those that test_final_error brings about


@pytest.fixture(scope="module")
def secrets(aws, simulator):
    """The tenant's secret, one with a wrong key, and one that is not ours."""
    client = aws.client("secretsmanager")
    good = simulator.secret()
    values = {"xdr/e2e": good, "xdr/tenant-acme": good, "xdr/tenant-wrong": good | {"api_key": "wrong"}, "hr/salaries": good}
    return {name: client.create_secret(Name=name, SecretString=json.dumps(v))["ARN"] for name, v in values.items()}


class Stack:
    """A stack that the SAM CLI deploys, and deploys again."""

    def __init__(self, aws, template, name=STACK, **parameters):
        self.aws, self.template, self.name = aws, template, name
        self.parameters = {"Architecture": local.architecture()} | parameters

    def deploy(self, **changed):
        self.parameters |= changed
        overrides = [f"{k}={v}" for k, v in self.parameters.items()]
        local.sam("deploy", "--template-file", self.template, "--stack-name", self.name, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
                  "--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", *overrides, env={"AWS_ENDPOINT_URL": self.aws.url})
        stack = self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        assert stack["StackStatus"].endswith("_COMPLETE"), stack
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        return self

    def physical(self, logical_id):
        return self.aws.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id)["StackResourceDetail"]["PhysicalResourceId"]


@pytest.fixture(scope="module")
def stack(aws, secrets, simulator, built):
    """The deployed template, with one more environment variable, and without the saved queries, a type that MiniStack refuses."""
    template = yaml.safe_load((built / "template.yaml").read_text())
    variables = template["Resources"]["StatusFunction"]["Properties"]["Environment"]["Variables"]
    variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
    template["Resources"] = {name: r for name, r in template["Resources"].items() if r["Type"] != "AWS::Logs::QueryDefinition"}
    file = built / "local.yaml"
    file.write_text(yaml.safe_dump(template))
    return Stack(aws, file, SecretName="xdr/e2e", TenantSecretPrefix="xdr/tenant-", AllowedOrigins=simulator.url, SecretsManagerUrl=aws.url).deploy()


@pytest.fixture(scope="module")
def finished(aws, stack):
    """Receives completion events: a function that waits for the one about an action."""
    sqs, bus = aws.client("sqs"), aws.client("events")
    queue = sqs.create_queue(QueueName="finished")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="finished", EventPattern=json.dumps({"source": ["xdr-action-status"]}))
    bus.put_targets(Rule="finished", Targets=[{"Id": "queue", "Arn": arn}])

    def receive():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])
    return lambda: list(receive())


class Wait:
    """An execution that an event started, followed to its end."""

    def __init__(self, aws, machine, event_id, sent):
        self.sfn, self.event_id = aws.client("stepfunctions"), event_id
        self.arn = local.until(f"execution for event {event_id}", lambda: self.find(machine))
        self.run = local.finished(self.sfn, self.arn)
        self.input = json.loads(self.run["input"])
        assert self.input["id"] == event_id and self.input["detail"] == sent and self.input["time"], self.input

    def find(self, machine):
        for e in self.sfn.list_executions(stateMachineArn=machine)["executions"]:
            if self.event_id in self.sfn.describe_execution(executionArn=e["executionArn"])["input"]:
                return e["executionArn"]
        return None

    def states(self):
        return local.states(self.sfn, self.arn)


@pytest.fixture
def wait_for(aws, stack):
    def send(**request):
        entry = {"Source": "soar.playbook", "DetailType": "XDR Action Started", "Detail": json.dumps(request)}
        reply = aws.client("events").put_events(Entries=[entry])
        assert reply["FailedEntryCount"] == 0, reply
        return Wait(aws, stack.outputs["WaitForActionArn"], reply["Entries"][0]["EventId"], request)
    return send


def completion(finished):
    event = local.until("completion event", finished)
    assert len(event) == 1 and event[0]["detail-type"] == "XDR Action Finished", event
    return event[0]["detail"]


def test_done(wait_for, finished, simulator):
    """Event to done: pending at first, then all endpoints succeed."""
    wait = wait_for(group_action_id=LATE, incident="INC-4711")
    verdict = json.loads(wait.run["output"])
    assert wait.run["status"] == "SUCCEEDED" and verdict["verdict"] == "done" and verdict["endpoints"]["succeeded"] == 3
    assert completion(finished) == verdict
    states = wait.states()
    assert states.count("Wait") >= 2 and states[-4:] == ["Decide", "Announce", "Judge", "Done"]
    assert simulator.requests(LATE) == [200] * states.count("Check")


def test_done_for_a_tenant(wait_for, finished):
    """Event to done, with the secret of a tenant."""
    wait = wait_for(group_action_id=str(DONE), tenant="acme")
    assert wait.run["status"] == "SUCCEEDED" and completion(finished)["group_action_id"] == str(DONE)


def test_failed(wait_for, finished):
    """Event to failed: the cause is the verdict."""
    wait = wait_for(group_action_id=FAILED)
    verdict = json.loads(wait.run["cause"])
    assert wait.run["status"] == "FAILED" and wait.run["error"] == "XDR.ActionFailed"
    assert verdict["verdict"] == "failed" and len(verdict["failed_endpoints"]) == 4
    assert completion(finished) == verdict
    assert wait.states() == ["Begin", "Check", "Decide", "Announce", "Judge", "Failed"]


def test_deadline(wait_for, finished):
    """Event to failed: still pending when the time is up."""
    verdict = json.loads(wait_for(group_action_id=PENDING, timeout_seconds=1).run["cause"])
    assert verdict["reason"] == "deadline_exceeded" and len(verdict["pending_endpoints"]) == 1
    assert completion(finished) == verdict


def test_outage(wait_for, finished, simulator):
    """Event to done through a 503, a 429, an HTML 502 and a reset."""
    wait = wait_for(group_action_id=FLAKY)
    assert wait.run["status"] == "SUCCEEDED" and completion(finished)["verdict"] == "done"
    assert simulator.requests(FLAKY)[-1] == 200 and len(simulator.requests(FLAKY)) == 5


@pytest.mark.parametrize("request_, error, cause", [
    ({"group_action_id": DONE, "tenant": "wrong"}, "XDR.Unauthorized", "401"),
    ({"group_action_id": DONE, "tenant": "nobody"}, "XDR.CredentialsInvalid", "xdr/tenant-nobody"),
    ({"group_action_id": 0}, "XDR.InvalidRequest", "group_action_id"),
], ids=["wrong key", "no secret", "bad event"])
def test_final_error(wait_for, finished, request_, error, cause):
    """Event to a final error: its name and message end the execution."""
    wait = wait_for(**request_)
    assert (wait.run["status"], wait.run["error"]) == ("FAILED", error), wait.run
    assert cause in wait.run["cause"] and wait.states() == ["Begin", "Check", "CouldNotFindOut"]
    assert finished() == []


def test_example(aws, stack, finished):
    """examples/wait_for_many starts nested waits, named after the actions"""
    machine = local.create_machine(aws, "wait_for_many", WaitForActionArn=stack.outputs["WaitForActionArn"])
    sfn, actions = aws.client("stepfunctions"), [{"group_action_id": DONE}, {"group_action_id": str(LATE)}]
    end = local.finished(sfn, sfn.start_execution(stateMachineArn=machine, input=json.dumps({"actions": actions}))["executionArn"])
    assert [r["verdict"]["verdict"] for r in json.loads(end["output"])] == ["done", "done"], end
    waits = {e["name"] for e in sfn.list_executions(stateMachineArn=stack.outputs["WaitForActionArn"])["executions"]}
    assert {f"action-{DONE}", f"action-{LATE}"} <= waits
    assert len(local.until("completion events", finished)) >= 1


SECRET, KEY = "secretsmanager:GetSecretValue", "arn:aws:kms:us-east-1:000000000000:key/1234abcd"


def allowed(aws, stack, role, action, resource):
    """What the engine's policy evaluation says of a deployed role."""
    decision = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::000000000000:role/{stack.physical(role)}", ActionNames=[action], ResourceArns=[resource])
    return decision["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_iam(aws, stack, secrets):
    """The function's role: its secrets yes, another secret, a write or a key no"""
    can = lambda action, resource: allowed(aws, stack, "StatusRole", action, resource)  # noqa: E731
    assert {name: can(SECRET, arn) for name, arn in secrets.items()} == {
        "xdr/e2e": True, "xdr/tenant-acme": True, "xdr/tenant-wrong": True, "hr/salaries": False}
    assert not can("secretsmanager:PutSecretValue", secrets["xdr/e2e"]) and not can("kms:Decrypt", KEY)
    assert not can(SECRET, secrets["xdr/e2e"].replace("xdr/e2e", "xdr/e2e-more"))


def test_iam_of_the_workflow(aws, stack):
    """The workflow's roles: that alias, that bus and that machine, no other"""
    alias, machine = stack.outputs["StatusFunctionArn"], stack.outputs["WaitForActionArn"]
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/"
    for role, action, yes, no in [
        ("WaitRole", "lambda:InvokeFunction", alias, alias.removesuffix(":live")),
        ("WaitRole", "events:PutEvents", f"{bus}default", f"{bus}other"),
        ("StartRole", "states:StartExecution", machine, f"{machine}2"),
    ]:
        assert (allowed(aws, stack, role, action, yes), allowed(aws, stack, role, action, no)) == (True, False), action


def test_iam_enforced(aws, stack):
    """The function with the name of another secret is denied it."""
    function, client = stack.physical("StatusFunction"), aws.client("lambda")
    before = client.get_function_configuration(FunctionName=function)["Environment"]
    client.update_function_configuration(FunctionName=function, Environment={"Variables": before["Variables"] | {"XDR_SECRET_ID": "hr/salaries"}})
    try:
        reply = json.load(client.invoke(FunctionName=function, Payload=json.dumps({"group_action_id": DONE}))["Payload"])
    finally:
        client.update_function_configuration(FunctionName=function, Environment=before)
    assert reply["errorType"] == "XDR.CredentialsInvalid" and "AccessDenied" in reply["errorMessage"], reply


def test_metric_filters(aws, stack):
    """The metric filters pick what they should from the lines that the function wrote."""
    logs, group = aws.client("logs"), stack.outputs["StatusLogGroupName"]
    events = logs.filter_log_events(logGroupName=group)["events"]
    lines = [json.loads(e["message"]) for e in events if e["message"].startswith("{")]
    metrics = {}
    for f in logs.describe_metric_filters(logGroupName=group)["metricFilters"]:
        transformation, = f["metricTransformations"]
        value = transformation["metricValue"]
        hits = [line for line in lines if metricfilter.matches(f["filterPattern"], line)]
        metrics[transformation["metricName"]] = [metricfilter.select(value, line) if "$" in value else int(value) for line in hits]
    checks = [line for line in lines if line["message"] == "check"]
    final = [line for line in lines if line.get("error_name") in FINAL]
    assert {line["error_name"] for line in final} == FINAL and len(checks) > len(final)
    assert metrics["Verdicts"] == [1] * len(checks) and {line["verdict"] for line in checks} == {"done", "failed", "pending"}
    assert metrics["PendingEndpoints"] == [line["endpoints"]["pending"] for line in checks]
    assert metrics["ApiLatency"] == [line["api_ms"] for line in lines if line.get("api_calls")] != []
    assert metrics["FinalErrors"] == [1] * len(final) and metrics["DeadlinesExceeded"] == [1]


def test_dead_letter_queue(aws, stack):
    """The dead-letter queue is encrypted, keeps 14 days and takes from the rule only."""
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=stack.outputs["DeadLettersUrl"], AttributeNames=["All"])["Attributes"]
    assert attributes["SqsManagedSseEnabled"] == "true" and attributes["MessageRetentionPeriod"] == "1209600"
    statement, = json.loads(attributes["Policy"])["Statement"]
    assert STACK in statement["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_changed_parameters(aws, stack):
    """A second deployment with other parameters reaches the alias"""
    stack.deploy(MaxWaitSeconds=600, SecretKmsKeyArn=KEY)
    config = aws.client("lambda").get_function_configuration(FunctionName=stack.outputs["StatusFunctionArn"])
    assert config["Environment"]["Variables"]["XDR_MAX_WAIT_SECONDS"] == "600" and config["Version"] == "2", config
    role = stack.physical("StatusRole")
    policy = aws.client("iam").get_role_policy(RoleName=role, PolicyName="secrets")["PolicyDocument"]
    assert policy["Statement"][2:] == [{
        "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY,
        "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}}]
    assert not allowed(aws, stack, "StatusRole", "kms:Decrypt", KEY) # not by another way than Secrets Manager


def test_no_secret_no_stack(aws, stack):
    """A deployment without a secret is refused."""
    with pytest.raises(AssertionError, match="SecretName or TenantSecretPrefix"):
        Stack(aws, stack.template, name="xdr-bare").deploy()


def test_event_twice(wait_for, finished):
    """An event that comes twice starts two waits, which both end in the same verdict."""
    first, second = wait_for(group_action_id=DONE, note=str(uuid.uuid4())), wait_for(group_action_id=DONE)
    assert first.arn != second.arn
    assert {r.run["status"] for r in (first, second)} == {"SUCCEEDED"}
