"""Fixtures of the deployment tests: the tools, a simulated tenant, a local AWS, and the stack deployed into it."""

import json
import os
import pathlib
import sys
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import local  # noqa: E402  (needs the path above)
import samples  # noqa: E402
from stack import Stack  # noqa: E402

ROOT = local.ROOT


def pytest_configure(config):
    config.addinivalue_line("markers", "engine(name): what runs the case, with its version")


def pytest_runtest_makereport(item, call):
    """Adds each case to the summary."""
    skipped = call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception)
    if call.when != "call" and not call.excinfo:
        return
    result = "skipped" if skipped else "FAILED" if call.excinfo else "passed"
    engine = item.get_closest_marker("engine").args[0]
    case = (item.function.__doc__ or item.name).splitlines()[0].rstrip(".")
    if hasattr(item, "callspec"):
        case += f" [{item.callspec.id.strip('-')}]"
    path = os.environ.get("E2E_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as out:
            out.write(f"{engine}\t{case}\t{result}\t{call.duration:.1f}\n")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The directory that `sam build` filled, for this machine's processor."""
    out = tmp_path_factory.mktemp("sam") / "build"
    return local.build(out, local.goarch())


@pytest.fixture(scope="session")
def template(built, tmp_path_factory):
    """The template of a release, with the name that the pages use; beside it the zip for this machine's processor."""
    name = tmp_path_factory.mktemp("release") / "xdr-action-status_1.2.3"
    with zipfile.ZipFile(f"{name}_linux_{local.architecture()}.zip", "w") as z:
        z.write(built / "StatusFunction/bootstrap", "bootstrap")
    packaged = name.with_name(f"{name.name}.template.yaml")
    packaged.write_text(local.run("go", "run", "./scripts/template", "1.2.3").stdout)
    return packaged


@pytest.fixture(scope="session")
def xdrsim_binary(tmp_path_factory):
    out = tmp_path_factory.mktemp("bin") / "xdrsim"
    local.run("go", "build", "-o", out, "./cmd/xdrsim", cwd=ROOT)
    return out


@pytest.fixture(scope="session")
def simulator(xdrsim_binary, tmp_path_factory):
    """A simulated tenant on a free port, ten times as fast as real life."""
    folder = tmp_path_factory.mktemp("xdrsim")
    scenarios = local.builtin(xdrsim_binary) + samples.thousand(folder)
    with local.Simulator(xdrsim_binary, folder, "127.0.0.1:0", speed=10, scenarios=scenarios) as sim:
        yield sim


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """A local AWS, empty."""
    with local.MiniStack(tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture(scope="session")
def secrets(aws, simulator):
    """The tenant's secret, one with a wrong key, and one that is not ours."""
    client = aws.client("secretsmanager")
    good = simulator.secret()
    wrong = good | {"api_key": "wrong"}
    values = {"xdr/e2e": good, "xdr/tenant-acme": good, "xdr/tenant-wrong": wrong, "hr/salaries": good}
    return {name: client.create_secret(Name=name, SecretString=json.dumps(v))["ARN"] for name, v in values.items()}


@pytest.fixture(scope="session")
def stack(aws, secrets, simulator, built):
    """The deployed template."""
    parameters = {"AllowedOrigins": simulator.url, "SecretsManagerUrl": aws.url}
    return Stack(aws, built, SecretName="xdr/e2e", TenantSecretPrefix="xdr/tenant-", **parameters)
