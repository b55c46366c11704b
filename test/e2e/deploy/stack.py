"""The template, deployed by the SAM CLI into MiniStack."""

import json

import local
import yaml

NAME = "xdr-e2e"


class Stack:
    def __init__(self, aws, built, **parameters):
        self.aws = aws
        parameters["Architecture"] = local.architecture()
        template = adapted(yaml.safe_load((built / "template.yaml").read_text()), built)
        options = ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
        options += ["--parameter-overrides", *[f"{k}={v}" for k, v in parameters.items()]]
        env = {"AWS_ENDPOINT_URL": aws.url}
        local.sam("deploy", "--template-file", template, "--stack-name", NAME, *options, env=env)
        stack = aws.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
        assert stack["StackStatus"].endswith("_COMPLETE"), stack
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        self.machine = self.outputs["WaitForActionArn"]

    def allowed(self, role, action, resource):
        """Reports whether the engine's policy evaluation allows it to a role of the template."""
        resources = self.aws.client("cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId=role)
        arn = f"arn:aws:iam::000000000000:role/{resources['StackResourceDetail']['PhysicalResourceId']}"
        decision = self.aws.client("iam").simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource])
        return decision["EvaluationResults"][0]["EvalDecision"] == "allowed"


def adapted(template, folder):
    """A file with the template without what MiniStack lacks: LoggingConfig, saved queries, alarms on several metrics, and
    the context object in a ResultSelector, where AWS resolves $$ as in Parameters. The verdict repeats the same name."""
    resources = {
        name: r for name, r in template["Resources"].items()
        if r["Type"] != "AWS::Logs::QueryDefinition" and "Metrics" not in r["Properties"]}
    resources["StatusFunction"]["Properties"]["Environment"]["Variables"]["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
    properties = resources["WaitForAction"]["Properties"]
    definition = properties.get("DefinitionString") or (local.ROOT / "statemachine/wait_for_action.asl.json").read_text()
    definition = json.loads(definition)
    definition["States"]["Check"]["ResultSelector"]["execution.$"] = "$.Payload.execution"
    if "DefinitionString" in properties:
        properties["DefinitionString"] = json.dumps(definition)
    else:
        properties["DefinitionS3Location"] = "local.asl.json"
        (folder / "local.asl.json").write_text(json.dumps(definition))
    (folder / "local.yaml").write_text(yaml.safe_dump(template | {"Resources": resources}))
    return folder / "local.yaml"
