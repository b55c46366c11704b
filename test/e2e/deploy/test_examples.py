"""The playbooks of examples/ under MiniStack's Step Functions. Answers of other services are given in its mock
configuration (the format of AWS Step Functions Local), in the words of AWS's documentation: this engine has no HTTP
task and has other names for the failure of a nested execution. test_chain.py lets the playbooks start real waits."""

import json

import local
import ministack
import pytest

ENDPOINTS = {"total": 2, "succeeded": 1, "partial": 0, "failed": 1, "pending": 0, "missing": 0, "seen": 2}
DONE = {"verdict": "done", "reason": "all_succeeded", "endpoints": ENDPOINTS, "truncated": False, "execution": "wait"}
FAILED = DONE | {"verdict": "failed", "reason": "endpoints_failed", "failed_endpoints": [{"agent_id": "b"}]}
TRUNCATED = FAILED | {"truncated": True}
LATE = FAILED | {"reason": "deadline_exceeded"}
BOTH = ["a", "b"]
ATTEMPTS = { # whom each attempt isolates, and its verdict
    "done": [(BOTH, DONE)],
    "failed then done": [(BOTH, FAILED), (["b"], DONE)],
    "truncated then done": [(BOTH, TRUNCATED), (BOTH, DONE)],
    "failed thrice": [(BOTH, FAILED), (["b"], FAILED), (["b"], FAILED)],
    "deadline": [(BOTH, LATE)],
}

# How AWS ends a nested task without a verdict. It may cut the description of an execution.
DESCRIPTION = json.dumps({"Name": "action--1", "Status": "FAILED", "Error": "XDR.Unauthorized", "Cause": "401"})
REFUSALS = {
    "wait failed": ("States.TaskFailed", DESCRIPTION),
    "cut description": ("States.TaskFailed", DESCRIPTION[:-9]),
    "name taken": ("StepFunctions.ExecutionAlreadyExistsException", "Execution Already Exists: 'arn:aws:states:…'"),
}


@pytest.fixture(scope="module")
def playbook(aws):
    """Runs a playbook with the mocked answers of a case; gives its end."""
    answers = {case: [{"Return": {"Output": v}} for _, v in attempts] for case, attempts in ATTEMPTS.items()}
    answers |= {case: [{"Throw": {"Error": error, "Cause": cause}}] for case, (error, cause) in REFUSALS.items()}
    answers["busy"] = [{"Throw": {"Error": "StepFunctions.ThrottlingException", "Cause": "Rate exceeded"}}]
    aws.mock(answers | {"isolations": [ministack.isolation(n) for n in (1, 2, 3)]}, {
        "isolate_and_wait": {case: {"Isolate": "isolations", "WaitForAction": case} for case in answers},
        "wait_for_many": {case: {"WaitForAction": case} for case in answers},
    })
    arns = {name: aws.machine(name, ministack.playbook(name)) for name in ("isolate_and_wait", "wait_for_many")}
    return lambda name, case, request: aws.execute(f"{arns[name]}#{case}", request)


@pytest.mark.parametrize("case", ATTEMPTS)
def test_isolate_and_wait(aws, playbook, case):
    """examples/isolate_and_wait: repeated for what the verdict lists, or for all"""
    end = playbook("isolate_and_wait", case, {"expected_agents": BOTH})
    isolated = [data["request"]["expected_agents"] for name, data in aws.entered(end) if name == "Isolate"]
    assert isolated == [agents for agents, _ in ATTEMPTS[case]]
    _, last = ATTEMPTS[case][-1]
    if last["verdict"] == "done":
        assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", last)
    else:
        counts = f"in attempt {len(isolated)}: of 2 endpoints 1 failed, 0 are pending; see execution wait"
        assert (end["error"], end["cause"]) == ("Playbook.NotIsolated", f"{last['reason']} {counts}")


def test_start_is_retried(aws, playbook):
    """examples/isolate_and_wait: a start that Step Functions throttles is made again; this engine gives a retry the same answer"""
    run = playbook("isolate_and_wait", "busy", {"expected_agents": ["a"]})
    assert sum(e["type"] == "TaskFailed" for e in aws.history(run)) == 9
    assert run["cause"] == "Rate exceeded"
    many, one = [json.loads(ministack.playbook(name))["States"] for name in ("wait_for_many", "isolate_and_wait")]
    assert many["Each"]["ItemProcessor"]["States"]["WaitForAction"]["Retry"] == one["WaitForAction"]["Retry"]


@pytest.mark.parametrize("case", REFUSALS)
def test_could_not_find_out(playbook, case):
    """Both playbooks: an end without a verdict is an error of the playbook's own, and keeps the reason"""
    error, cause = REFUSALS[case]
    one = playbook("isolate_and_wait", case, {"expected_agents": ["a"]})
    assert (one["error"], one["cause"]) == ("Playbook.CouldNotFindOut", cause)
    many = playbook("wait_for_many", case, {"actions": [{"group_action_id": 7}, {"action_id": "8", "tenant": "acme"}]})
    assert json.loads(many["output"]) == [
        {"group_action_id": id, "error": "Playbook.CouldNotFindOut", "cause": f"{error}: {cause}"} for id in ("7", "8")]


ENDLESS = 41 # of an inline Map AWS runs 40 iterations at a time, which this engine does not know
WAIT = {"StartAt": "Choose", "States": {
    "Choose": {"Type": "Choice", "Default": "Pending", "Choices": [
        {"Variable": "$.group_action_id", "NumericEquals": ENDLESS, "Next": "Ended"}]},
    "Pending": {"Type": "Wait", "Seconds": 200, "Next": "Ended"},
    "Ended": {"Type": "Pass", "Result": DONE | {"group_action_id": ENDLESS}, "End": True},
}}


def test_none_hides_another(aws):
    """examples/wait_for_many: forty-one that do not end do not hide the next one"""
    wait = aws.machine("wait", json.dumps(WAIT))
    definition = ministack.playbook("wait_for_many", WaitForActionArn=wait)
    assert json.loads(definition)["States"]["Each"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    actions = [{"group_action_id": n} for n in range(ENDLESS + 1)]
    aws.sfn.start_execution(stateMachineArn=aws.machine("endless", definition), input=json.dumps({"actions": actions}))

    def ended():
        waits = aws.sfn.list_executions(stateMachineArn=wait)["executions"]
        return {e["name"]: e["status"] for e in waits if e["status"] != "RUNNING"}
    assert local.until("end of the last wait", ended) == {f"action--{ENDLESS}": "SUCCEEDED"}
