"""Fixtures of the deployment tests: the tools, a simulated tenant, a local AWS, and the stack deployed into it."""

import json
import zipfile

import local
import pytest
import yaml
from ministack import MiniStack, adapted

FAIL, SUCCEED = 1001, 1002
AGENTS = [f"{n:032x}" for n in range(1000)]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The directory that `sam build` filled, for this machine's processor, as README says."""
    out = tmp_path_factory.mktemp("sam") / "build"
    local.sam("build", "--build-dir", out, "--parameter-overrides", f"Architecture={local.ARCHITECTURE}", GOARCH=local.GOARCH)
    return out


@pytest.fixture(scope="session")
def template(built, tmp_path_factory):
    """The template of a release, with the name that the pages use; beside it the zip for this machine's processor."""
    name = tmp_path_factory.mktemp("release") / "xdr-action-status_1.2.3"
    with zipfile.ZipFile(f"{name}_linux_{local.ARCHITECTURE}.zip", "w") as z:
        z.write(built / "StatusFunction/bootstrap", "bootstrap")
    packaged = name.with_name(f"{name.name}.template.yaml")
    packaged.write_text(local.run("go", "run", "./scripts/template", "1.2.3").stdout)
    return packaged


@pytest.fixture(scope="session")
def xdrsim(tmp_path_factory):
    out = tmp_path_factory.mktemp("bin") / "xdrsim"
    local.run("go", "build", "-o", out, "./cmd/xdrsim")
    return out


@pytest.fixture(scope="session")
def simulator(xdrsim, tmp_path_factory):
    """A simulated tenant, ten times as fast as real life, with two actions more on a thousand endpoints: in the first all
    fail, each with a long reason, in the second all succeed."""
    folder = tmp_path_factory.mktemp("xdrsim")
    scenarios = local.builtin(xdrsim)
    for action, status in ((FAIL, "FAILED"), (SUCCEED, "COMPLETED_SUCCESSFULLY")):
        reason = {"errorDescription": "Element not found. " * 14}
        agent = {"timeline": [{"at": 0, "status": status}], "error_reason": reason}
        scenario = {"description": status, "group_action_id": action, "agents": [{"id": id} | agent for id in AGENTS]}
        scenarios.append(folder / f"{action}.json")
        scenarios[-1].write_text(json.dumps(scenario))
    with local.Simulator(xdrsim, folder, "-speed", "10", scenarios=scenarios) as running:
        yield running


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """A local AWS, empty."""
    with MiniStack(tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture(scope="session")
def secrets(aws, simulator):
    """The tenant's secret, one with a wrong key, and one that is not ours."""
    good = {name: simulator.env[f"XDR_{name.upper()}"] for name in ("api_url", "api_key_id", "api_key")}
    good["security_level"] = "advanced"
    wrong = good | {"api_key": "wrong"}
    values = {"xdr/e2e": good, "xdr/tenant-acme": good, "xdr/tenant-wrong": wrong, "hr/salaries": good}
    create = aws.client("secretsmanager").create_secret
    return {name: create(Name=name, SecretString=json.dumps(value))["ARN"] for name, value in values.items()}


@pytest.fixture(scope="session")
def stack(aws, secrets, simulator, built):
    """The outputs of the template, deployed by the SAM CLI."""
    file = adapted(yaml.safe_load((built / "template.yaml").read_text()), built)
    local.sam(
        "deploy", "--template-file", file, "--stack-name", "xdr-e2e", "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", f"Architecture={local.ARCHITECTURE}",
        "SecretName=xdr/e2e", "TenantSecretPrefix=xdr/tenant-", f"AllowedOrigins={simulator.url}",
        f"SecretsManagerUrl={aws.url}", AWS_ENDPOINT_URL=aws.url)
    return aws.outputs("xdr-e2e")
