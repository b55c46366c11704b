"""MiniStack, a local AWS that enforces IAM policies. Step Functions waits and retries take a tenth of their time."""

import json
import urllib.request

import boto3
import local
import yaml

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}]}


class MiniStack(local.Process):
    def __init__(self, folder):
        port = str(local.free_port())
        self.url = f"http://127.0.0.1:{port}"
        env = local.clean_env(
            BIND_HOST="127.0.0.1", GATEWAY_PORT=port, MINISTACK_REGION=local.REGION, AUTH="true", SFN_WAIT_SCALE="0.1",
            TMPDIR=str(folder), HOME=str(folder))
        super().__init__([local.TOOLS / "ministack/bin/ministack"], folder / "log", env=env, cwd=folder)
        self.ready(lambda: urllib.request.urlopen(f"{self.url}/_ministack/health").status == 200)
        self.sfn = self.client("stepfunctions")

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=local.REGION, **keys)

    def outputs(self, stack):
        stack, = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        assert stack["StackStatus"].endswith("_COMPLETE"), stack
        return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def decisions(self, who, actions, resource):
        """What the engine's policy evaluation says to a user's or a role's actions on a resource."""
        said = self.client("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::000000000000:{who}", ActionNames=sorted(actions), ResourceArns=[resource])
        return {d["EvalDecision"] for d in said["EvaluationResults"]}

    def machine(self, name, definition):
        """Creates a state machine with a role of the same name."""
        role = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        return self.sfn.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]

    def mock(self, responses, cases):
        """Gives the engine the answers of tasks: by name, in turn, and by machine and case which state has which."""
        turns = {name: {str(i): answer for i, answer in enumerate(answers)} for name, answers in responses.items()}
        config = {"MockedResponses": turns, "StateMachines": {name: {"TestCases": c} for name, c in cases.items()}}
        body = json.dumps({"stepfunctions._sfn_mock_config": config}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_ministack/config", data=body))

    def execute(self, machine, request):
        """An execution, from its start to its end."""
        return self.finished(self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"])

    def finished(self, arn):
        """An execution after its end."""
        def ended():
            execution = self.sfn.describe_execution(executionArn=arn)
            return execution if execution["status"] != "RUNNING" else None
        return local.until(f"end of {arn}", ended)

    def history(self, execution):
        return self.sfn.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]

    def entered(self, execution):
        """Name and input of each state that an execution entered, in order."""
        found = [e.get("stateEnteredEventDetails") for e in self.history(execution)]
        return [(details["name"], json.loads(details["input"])) for details in found if details]

    def states(self, execution):
        return [name for name, _ in self.entered(execution)]


def playbook(name, **substitutions):
    """The definition of a playbook of examples/; what is not substituted stays a name."""
    definition = (local.ROOT / f"examples/{name}.asl.json").read_text()
    for key, value in {"Partition": "aws", **substitutions}.items():
        definition = definition.replace(f"${{{key}}}", value)
    return definition


def isolation(action):
    """The answer of the HTTP task that isolates, which this engine has not."""
    return {"Return": {"ResponseBody": {"reply": {"action_id": action}}}}


def adapted(template, folder):
    """A file with the template without what MiniStack lacks: LoggingConfig, saved queries, alarms on several metrics, and
    the context object in a ResultSelector, where AWS resolves $$ as in Parameters. The verdict repeats the same name."""
    resources = {
        name: r for name, r in template["Resources"].items()
        if r["Type"] != "AWS::Logs::QueryDefinition" and "Metrics" not in r["Properties"]}
    resources["StatusFunction"]["Properties"]["Environment"]["Variables"]["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
    machine = resources["WaitForAction"]["Properties"]
    inline = machine.get("DefinitionString")
    definition = json.loads(inline or (folder / machine["DefinitionS3Location"]).read_text())
    definition["States"]["Check"]["ResultSelector"]["execution.$"] = "$.Payload.execution"
    if inline:
        machine["DefinitionString"] = json.dumps(definition)
    else:
        machine["DefinitionS3Location"] = "local.asl.json"
        (folder / "local.asl.json").write_text(json.dumps(definition))
    (folder / "local.yaml").write_text(yaml.safe_dump(template | {"Resources": resources}))
    return folder / "local.yaml"
