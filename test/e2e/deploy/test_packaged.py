"""The template of a release: what it is, and its deployment as docs/deploying.md says, by someone who has no rights but
those of docs/deployer-policy.json.

This engine (MiniStack) judges the deployer's own calls, but not those that CloudFormation makes in their name: AWS's
own schemas of the resource types say what those need."""

import json
import os
import re
import types

import local
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from ministack import adapted
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

PAGE = (local.ROOT / "docs/deploying.md").read_text()
POLICY = json.loads((local.ROOT / "docs/deployer-policy.json").read_text())


def test_as_transformed(template, monkeypatch):
    """The packaged template is what the SAM transform makes of template.yaml, but for the code's place"""
    monkeypatch.setenv("AWS_DEFAULT_REGION", local.REGION)
    source, got = yaml_parse((local.ROOT / "template.yaml").read_text()), yaml_parse(template.read_text())
    source["Resources"]["StatusFunction"]["Properties"]["CodeUri"] = "s3://artifacts/code"
    want = transform(source, {}, types.SimpleNamespace(load=dict)) # no managed policies
    for name in ("CodeBucket", "CodeKey"):
        del got["Parameters"][name]
    for one in (got, want):
        del one["Metadata"], one["Parameters"]["Architecture"]["Description"]
        for name in ("StatusFunction", "WaitForAction"):
            del one["Resources"][name]["Metadata"]
    function, machine = (got["Resources"][name]["Properties"] for name in ("StatusFunction", "WaitForAction"))
    function["Code"] = {"S3Bucket": "artifacts", "S3Key": "code"}
    function["Tags"] = [{"Key": "lambda:createdBy", "Value": "SAM"}]
    del machine["DefinitionString"] # TestPackagedTemplate reads it
    machine["DefinitionS3Location"] = "statemachine/wait_for_action.asl.json"
    assert got == want


@pytest.fixture(scope="module")
def shell(aws, secrets, simulator, template, tmp_path_factory):
    """Runs a block of the page as the deployer; gives the calls that the AWS CLI makes."""
    iam = aws.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="deployer", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    aws.client("s3").create_bucket(Bucket="my-bucket")
    folder = tmp_path_factory.mktemp("deployer")
    for file in template.parent.glob("*.zip"):
        (folder / file.name).symlink_to(file)
    adapted(yaml_parse(template.read_text()), folder).rename(folder / template.name)
    env = local.clean_env(
        AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"], AWS_ENDPOINT_URL=aws.url,
        AWS_MAX_ATTEMPTS="1", PATH=f"{local.TOOLS / 'aws/bin'}:{os.environ['PATH']}")
    parameters = f"SecretName=xdr/e2e AllowedOrigins={simulator.url} SecretsManagerUrl={aws.url}"
    parameters += f" Architecture={local.ARCHITECTURE}"

    def run(block):
        block = block.replace("arm64", local.ARCHITECTURE).replace("SecretName=xdr/acme", parameters)
        done = local.run("bash", "-ec", 'aws() { command aws --debug "$@"; }\n' + block, env=env, cwd=folder)
        return set(re.findall(r"Making request for OperationModel\(name=(\w+)\)", done.stderr))
    return run


def test_deployed(aws, shell):
    """The commands of docs/deploying.md deploy the packaged template, a wait ends done, and they remove it"""
    section = PAGE.split("\n## Packaged template\n")[1].split("\n## ")[0]
    deploy, remove = re.findall(r"```sh\n(.*?)```", section, re.S)
    called = shell(deploy)
    run = aws.execute(aws.outputs("xdr-action-status")["WaitForActionArn"], {"group_action_id": 22519813685301})
    assert run["status"] == "SUCCEEDED" and json.loads(run["output"])["verdict"] == "done", run
    resources = list(made(aws))
    assert {sid for sid, _ in resources} == ARNS.keys()
    for sid, arn in resources:
        on_it = actions(sid) | actions(ON_IT.get(sid, sid))
        assert aws.decisions("user/deployer", on_it, arn) == {"allowed"}, arn
        other = arn.replace("action", "other").replace("WaitForA", "A")
        assert "allowed" not in aws.decisions("user/deployer", on_it, other), other
    called |= shell(remove)
    own = actions("Stack") | actions("Code") - {"s3:GetObject"}
    assert {action.partition(":")[2] for action in own} == called


# What AWS lists for the types, and this template does not use.
LEFT_OUT = set("""
    lambda:AssociateRuntimeAlias lambda:DeleteFunctionCodeSigningConfig lambda:GetCodeSigningConfig lambda:GetLayerVersion
    lambda:PassCapacityProvider lambda:PublishVersion lambda:PutFunctionCodeSigningConfig lambda:PutFunctionRecursionConfig
    lambda:PutFunctionScalingConfig lambda:PutRuntimeManagementConfig s3:GetObjectVersion
    elasticfilesystem:DescribeMountTargets s3files:ListMountTargets kms:CreateGrant kms:Encrypt
    logs:CreateLogDelivery logs:DeleteDataProtectionPolicy logs:DeleteIndexPolicy logs:DeleteResourcePolicy
    logs:DescribeResourcePolicies logs:PutBearerTokenAuthentication logs:PutDataProtectionPolicy logs:PutIndexPolicy
    logs:PutLogGroupDeletionProtection logs:PutResourcePolicy firehose:TagDeliveryStream s3:REST.PUT.OBJECT
    """.split())
WITH_KEY = {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"} # with LogKmsKeyArn, as the page says


def test_deployer_policy(template):
    """docs/deployer-policy.json allows what AWS lists for each resource type of the template, and nothing else"""
    resources = yaml_parse(template.read_text())["Resources"].values()
    listed = {r["Type"].replace("AWS", "").replace(":", ""): needs(r["Type"]) for r in resources}
    assert [s["Sid"] for s in POLICY["Statement"] if s["Resource"] == "*"] == ["Read", "LogsQueryDefinition"]
    shared = actions("PassRole") | actions("Read") | actions("Code") - {"s3:PutObject"}
    assert {s["Sid"] for s in POLICY["Statement"]} == listed.keys() | {"Stack", "Code", "PassRole", "Read"}
    assert {sid: actions(sid) for sid in listed} == {sid: need - shared - LEFT_OUT - WITH_KEY for sid, need in listed.items()}
    assert shared | LEFT_OUT | WITH_KEY <= set().union(*listed.values())
    assert all(f"`{action}`" in PAGE for action in WITH_KEY)


def needs(type_):
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(local.REGION, type_).schema["handlers"]
    return {p for name, handler in handlers.items() if name != "list" for p in handler["permissions"]}


ARNS = { # of a resource that is called {}
    "CloudWatchAlarm": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:{}",
    "CloudWatchDashboard": "arn:aws:cloudwatch::000000000000:dashboard/{}",
    "EventsRule": "arn:aws:events:us-east-1:000000000000:rule/{}",
    "IAMRole": "arn:aws:iam::000000000000:role/{}",
    "LambdaFunction": "arn:aws:lambda:us-east-1:000000000000:function:{}",
    "LogsLogGroup": "arn:aws:logs:us-east-1:000000000000:log-group:{}",
    "SQSQueue": "arn:aws:sqs:us-east-1:000000000000:{}",
    "StepFunctionsStateMachine": "{}",
}


def made(aws):
    """The type and ARN of each resource of the stack that has one of its own."""
    for r in aws.client("cloudformation").list_stack_resources(StackName="xdr-action-status")["StackResourceSummaries"]:
        sid, name = r["ResourceType"].replace("AWS", "").replace(":", ""), r["PhysicalResourceId"]
        if sid in ARNS:
            yield sid, ARNS[sid].format(name.rpartition("/")[2] if sid == "SQSQueue" else name)


ON_IT = {"LogsLogGroup": "LogsMetricFilter", "SQSQueue": "SQSQueuePolicy"} # what belongs to a resource


def actions(sid):
    statement, = (s for s in POLICY["Statement"] if s["Sid"] == sid)
    return {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
