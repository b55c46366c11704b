"""State machines in MiniStack, and the playbooks of examples/ among them."""

import json
import urllib.request

import local

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}]}


def playbook(name, **substitutions):
    """The definition of a playbook; what is not substituted stays a name."""
    definition = (local.ROOT / f"examples/{name}.asl.json").read_text()
    for key, value in substitutions.items():
        definition = definition.replace(f"${{{key}}}", value)
    return definition


def create(aws, name, definition):
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    sfn = aws.client("stepfunctions")
    return sfn.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]


def mock(aws, responses, cases):
    """Gives the engine the answers of tasks: by name, in turn, and by machine and case which state has which."""
    turns = {name: {str(i): answer for i, answer in enumerate(answers)} for name, answers in responses.items()}
    config = {"MockedResponses": turns, "StateMachines": {name: {"TestCases": c} for name, c in cases.items()}}
    body = json.dumps({"stepfunctions._sfn_mock_config": config}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{aws.url}/_ministack/config", data=body))


def isolation(action):
    """The answer of the HTTP task that isolates, which this engine has not."""
    return {"Return": {"ResponseBody": {"reply": {"action_id": action}}}}


def run(aws, machine, request):
    """An execution, from its start to its end."""
    sfn = aws.client("stepfunctions")
    return finished(aws, sfn.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"])


def finished(aws, arn):
    """An execution after its end."""
    def ended():
        run = aws.client("stepfunctions").describe_execution(executionArn=arn)
        return run if run["status"] != "RUNNING" else None
    return local.until(f"end of {arn}", ended, 90)


def entered(aws, run):
    """Name and input of each state that an execution entered, in order."""
    history = aws.client("stepfunctions").get_execution_history(executionArn=run["executionArn"], maxResults=1000)
    return [(d["name"], json.loads(d["input"])) for e in history["events"] if (d := e.get("stateEnteredEventDetails"))]


def states(aws, run):
    return [name for name, _ in entered(aws, run)]
