"""The playbooks of examples/ under MiniStack's Step Functions, with the answers of other services given in its mock
configuration (the format of AWS Step Functions Local): this engine has no HTTP task, and the cause that it gives to a
nested execution's failure is not the description of the execution that AWS documents. test_chain.py starts real ones."""

import json
import urllib.request

import local
import pytest

pytestmark = pytest.mark.engine(f"{local.pinned('ministack')}, mocked tasks")

DONE = {"verdict": "done"}
FAILED = {"verdict": "failed", "reason": "endpoints_failed", "failed_endpoints": [{"agent_id": "b", "status": "FAILED", "error": ""}]}
LATE = {"verdict": "failed", "reason": "deadline_exceeded", "failed_endpoints": []}


def started(action):
    return {"Return": {"StatusCode": 200, "ResponseBody": {"reply": {"action_id": action}}}}


def succeeded(verdict):
    return {"Return": {"Output": verdict, "Status": "SUCCEEDED"}}


def ended(status="FAILED", **more):
    """What AWS throws for a nested execution that did not succeed."""
    cause = {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:wait:1", "Status": status} | more
    return {"Throw": {"Error": "States.TaskFailed", "Cause": json.dumps(cause)}}


def action_failed(verdict):
    return ended(Error="XDR.ActionFailed", Cause=json.dumps(verdict))


UNAUTHORIZED = ended(Error="XDR.Unauthorized", Cause="401")
ISOLATE = {
    "done": [succeeded(DONE)],
    "failed_then_done": [action_failed(FAILED), succeeded(DONE)],
    "failed_thrice": [action_failed(FAILED)] * 3,
    "deadline": [action_failed(LATE)],
    "unauthorized": [UNAUTHORIZED],
    "timed_out": [ended("TIMED_OUT")],
}
MANY = [succeeded(DONE), action_failed(FAILED), UNAUTHORIZED, ended("TIMED_OUT")]


def in_turn(answers):
    return {str(i): answer for i, answer in enumerate(answers)}


@pytest.fixture(scope="module")
def machines(aws):
    """The playbooks as state machines, with their mocked answers."""
    cases = {case: {"Isolate": "started", "WaitForAction": case} for case in ISOLATE}
    config = {
        "StateMachines": {"isolate_and_wait": {"TestCases": cases}, "wait_for_many": {"TestCases": {"mixed": {"WaitForAction": "many"}}}},
        "MockedResponses": {"started": in_turn(started(n) for n in (1, 2, 3)), "many": in_turn(MANY)} | {c: in_turn(a) for c, a in ISOLATE.items()},
    }
    body = json.dumps({"stepfunctions._sfn_mock_config": config}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{aws.url}/_ministack/config", data=body))
    return {name: local.create_machine(aws, name) for name in ("isolate_and_wait", "wait_for_many")}


def run(aws, machine, case, request):
    sfn = aws.client("stepfunctions")
    arn = sfn.start_execution(stateMachineArn=f"{machine}#{case}", input=json.dumps(request))["executionArn"]
    return local.finished(sfn, arn)


@pytest.mark.parametrize("case, status, error, attempts", [
    ("done", "SUCCEEDED", None, 1),
    ("failed_then_done", "SUCCEEDED", None, 2),
    ("failed_thrice", "FAILED", "Playbook.NotIsolated", 3),
    ("deadline", "FAILED", "Playbook.NotIsolated", 1),
    ("unauthorized", "FAILED", "Playbook.CouldNotFindOut", 1),
    ("timed_out", "FAILED", "Playbook.CouldNotFindOut", 1),
], ids=lambda value: value.replace("_", " ") if value in ISOLATE else "")
def test_isolate_and_wait(aws, machines, case, status, error, attempts):
    """examples/isolate_and_wait"""
    end = run(aws, machines["isolate_and_wait"], case, {"endpoints": ["a", "b"]})
    assert (end["status"], end.get("error")) == (status, error), end
    visited = local.states(aws.client("stepfunctions"), end["executionArn"])
    assert visited.count("Isolate") == attempts
    if status == "SUCCEEDED":
        assert json.loads(end["output"]) == DONE


def test_retries_only_failed(aws, machines):
    """examples/isolate_and_wait: the second request names the failed endpoint only"""
    end = run(aws, machines["isolate_and_wait"], "failed_then_done", {"endpoints": ["a", "b"]})
    events = aws.client("stepfunctions").get_execution_history(executionArn=end["executionArn"])["events"]
    inputs = [json.loads(e["stateEnteredEventDetails"]["input"]) for e in events if e.get("stateEnteredEventDetails", {}).get("name") == "Isolate"]
    assert [(i["attempt"], i["endpoints"]) for i in inputs] == [(1, ["a", "b"]), (2, ["b"])]


def test_wait_for_many(aws, machines):
    """examples/wait_for_many: each action has its own end"""
    end = run(aws, machines["wait_for_many"], "mixed", {"actions": [{"group_action_id": n} for n in range(4)]})
    assert end["status"] == "SUCCEEDED", end
    found = sorted(json.dumps(r) for r in json.loads(end["output"]))
    timed_out = {"error": "States.Timeout", "cause": json.loads(ended()["Throw"]["Cause"])["ExecutionArn"]}
    assert found == sorted(json.dumps(r) for r in [{"verdict": DONE}, {"verdict": FAILED}, {"error": "XDR.Unauthorized", "cause": "401"}, timed_out])
