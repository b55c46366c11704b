"""The template of a release: what it is, what linters say of it, and its deployment as docs/deploying.md says, by
someone who has no rights but those of docs/deployer-policy.json.

This engine (MiniStack) judges the deployer's own calls, but not those that CloudFormation makes in his name: for them
AWS's own schemas of the resource types say what they need."""

import csv
import json
import os
import re
import shutil
import zipfile

import local
import machines
import pytest
import stack
import test_static
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samtranslator.yaml_helper import yaml_parse
from test_static import transformed # noqa: F401 (a fixture)

NAME = "xdr-action-status_1.2.3" # as on the pages
PAGE = (local.ROOT / "docs/deploying.md").read_text()
POLICY = json.loads((local.ROOT / "docs/deployer-policy.json").read_text())


@pytest.fixture(scope="module")
def release(built, tmp_path_factory):
    """A folder with the template of a release, and the zip for this machine's processor."""
    folder = tmp_path_factory.mktemp("release")
    (folder / f"{NAME}.template.yaml").write_text(local.run("go", "run", "./scripts/template", "1.2.3").stdout)
    with zipfile.ZipFile(folder / f"{NAME}_linux_{local.architecture()}.zip", "w") as z:
        z.write(built / "StatusFunction/bootstrap", "bootstrap")
    return folder


@pytest.fixture(scope="module")
def template(release):
    return release / f"{NAME}.template.yaml"


@pytest.mark.engine(local.pinned("aws-sam-translator"))
def test_as_transformed(template, transformed): # noqa: F811
    """The packaged template is what the SAM transform makes of template.yaml, but for the code's place"""
    got, want = yaml_parse(template.read_text()), json.loads(transformed.read_text())
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
    machine["DefinitionS3Location"] = {"Bucket": "artifacts", "Key": "definition"}
    assert got == want


@pytest.mark.engine(local.pinned("cfn-lint"))
def test_cfn_lint(template):
    """cfn-lint finds nothing in the packaged template"""
    assert local.run(local.TOOLS / "deploy/bin/cfn-lint", "--", template).stdout == ""


@pytest.mark.engine(local.pinned("checkov"))
def test_checkov(template):
    """checkov: nothing fails in the packaged template that it does not suppress"""
    results = test_static.checkov(template)
    assert results["passed_checks"] and not results["failed_checks"], test_static.failures(results)


@pytest.fixture(scope="module")
def shell(aws, secrets, simulator, release, tmp_path_factory):
    """Runs a block of the page as the deployer; gives the calls that the AWS CLI makes."""
    iam = aws.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="deployer", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    aws.client("s3").create_bucket(Bucket="my-bucket")
    folder = tmp_path_factory.mktemp("deployer")
    zip_ = f"{NAME}_linux_{local.architecture()}.zip"
    (folder / zip_).symlink_to(release / zip_)
    adapted = stack.adapted(yaml_parse((release / f"{NAME}.template.yaml").read_text()), folder)
    adapted.rename(folder / f"{NAME}.template.yaml")
    env = local.clean_env(
        AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"], AWS_ENDPOINT_URL=aws.url,
        AWS_MAX_ATTEMPTS="1", PATH=f"{local.TOOLS / 'aws/bin'}:{os.environ['PATH']}")
    parameters = f"SecretName=xdr/e2e AllowedOrigins={simulator.url} SecretsManagerUrl={aws.url}"
    parameters += f" Architecture={local.architecture()}"

    def run(block):
        block = block.replace("arm64", local.architecture()).replace("SecretName=xdr/acme", parameters)
        done = local.run("bash", "-ec", 'aws() { command aws --debug "$@"; }\n' + block, env=env, cwd=folder)
        return set(re.findall(r"Making request for OperationModel\(name=(\w+)\)", done.stderr))
    return run


@pytest.mark.engine(f"{local.pinned('ministack')} + {local.pinned('awscli')}")
def test_deployed(aws, shell):
    """The commands of docs/deploying.md deploy the packaged template, a wait ends done, and they remove it"""
    section = PAGE.split("\n## Packaged template\n")[1].split("\n## ")[0]
    deploy, remove = re.findall(r"```sh\n(.*?)```", section, re.S)
    called = shell(deploy)
    outputs = aws.client("cloudformation").describe_stacks(StackName="xdr-action-status")["Stacks"][0]["Outputs"]
    machine, = (o["OutputValue"] for o in outputs if o["OutputKey"] == "WaitForActionArn")
    run = machines.run(aws, machine, {"group_action_id": 22519813685301})
    assert run["status"] == "SUCCEEDED" and json.loads(run["output"])["verdict"] == "done", run
    called |= shell(remove)
    allowed = actions("Stack") | actions("Code") - {"s3:GetObject"}
    assert {action.partition(":")[2] for action in allowed} == called


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


@pytest.mark.engine(f"{local.pinned('cfn-lint')}, AWS's schemas in it")
def test_deployer_policy(template):
    """docs/deployer-policy.json allows what AWS lists for each resource type of the template, and nothing else"""
    resources = yaml_parse(template.read_text())["Resources"].values()
    listed = {r["Type"].replace("AWS", "").replace(":", ""): needs(r["Type"]) for r in resources}
    shared = actions("PassRole") | actions("Read") | actions("Code") - {"s3:PutObject"}
    assert {s["Sid"] for s in POLICY["Statement"]} == listed.keys() | {"Stack", "Code", "PassRole", "Read"}
    assert {sid: actions(sid) for sid in listed} == {sid: need - shared - LEFT_OUT - WITH_KEY for sid, need in listed.items()}
    assert shared | LEFT_OUT | WITH_KEY <= set().union(*listed.values())
    assert all(f"`{action}`" in PAGE for action in WITH_KEY)


def needs(type_):
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(local.REGION, type_).schema["handlers"]
    return {p for name, handler in handlers.items() if name != "list" for p in handler["permissions"]}


def actions(sid):
    statement, = (s for s in POLICY["Statement"] if s["Sid"] == sid)
    return {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])


CDK = local.ROOT / "examples/cdk"
PINS = json.loads((CDK / "package.json").read_text())


@pytest.mark.engine(f"aws-cdk-lib {PINS['dependencies']['aws-cdk-lib']} + cdk-nag {PINS['devDependencies']['cdk-nag']}")
def test_cdk(release, template, tmp_path):
    """examples/cdk: no error of cfn-lint; cdk-nag finds exactly what the template suppresses with a reason"""
    for file in [CDK / "app.js", local.ROOT / "test/e2e/deploy/nag.js", template]:
        shutil.copy(file, tmp_path)
    shutil.copy(next(release.glob("*.zip")), tmp_path / f"{NAME}_linux_arm64.zip")
    (tmp_path / "node_modules").symlink_to(local.TOOLS / "cdk/node_modules")
    app = json.loads((CDK / "cdk.json").read_text())["app"].replace("node ", "node -r ./nag.js ")
    local.run("node_modules/.bin/cdk", "synth", "--quiet", "--app", app, cwd=tmp_path)
    out = tmp_path / "cdk.out"
    linted = local.run(local.TOOLS / "deploy/bin/cfn-lint", "--ignore-checks", "W", "--", out / "xdr-action-status.template.json")
    assert linted.stdout == ""
    report, = out.glob("AwsSolutions-*.csv")
    with report.open(newline="") as rows:
        judged = {(row["Resource ID"].rpartition("/")[2], row["Compliance"], row["Exception Reason"]) for row in csv.DictReader(rows)}
    found = sorted((name, reason.removeprefix("[Resource::*] ")) for name, result, reason in judged if result != "Compliant")
    assert found == sorted(
        (name, rule["reason"]) for name, r in yaml_parse(template.read_text())["Resources"].items()
        for rule in r.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", []))
