"""`sam local invoke` with events/env.json against the simulator at 127.0.0.1:8480, where `make sim` serves it. See samlocal.py.

The exit code of sam is 0 on function errors, so the output is what counts. Where this differs from AWS: the base image
is empty but for a shell, since none can be pulled; the container has the network of its engine (hostrunc).
"""

import json
import os
import shutil
import subprocess
import sys

import local
import pytest
import samples

DOCKER = subprocess.run(["dockerd", "--version"], capture_output=True, text=True).stdout if shutil.which("dockerd") else "no Docker"
pytestmark = pytest.mark.engine(f"sam local of {local.pinned('aws-sam-cli')} + {DOCKER.split(',')[0].replace(' version', '').strip()}")

EVENTS = ["pending", "done", "failed", "tenant", "bad-missing", "bad-unknown-tenant"]
NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def why_not():
    """Why no Docker engine can be started here, or nothing."""
    missing = [tool for tool in ("dockerd", "docker", "runc", "unshare", "ip", "iptables", "busybox") if not shutil.which(tool)]
    if os.geteuid() != 0:
        return "needs root for a Docker engine of its own"
    return f"needs {', '.join(missing)}" if missing else ""


@pytest.fixture(scope="module")
def replies(built, xdrsim_binary, tmp_path_factory):
    if reason := why_not():
        assert not (os.environ.get("CI") and os.geteuid() == 0), f"CI can start an engine as root: {reason}"
        pytest.skip(reason)
    script = local.ROOT / "test/e2e/deploy/samlocal.py"
    done = local.run(*NAMESPACES, sys.executable, script, built, xdrsim_binary, tmp_path_factory.mktemp("docker"), *EVENTS, check=False, timeout=600)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the Docker engine did not work: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (local.TOOLS / "sam-local.json").write_text(json.dumps(found, indent=1))
    return found["replies"]


@pytest.mark.parametrize("name", EVENTS)
def test_invoke(replies, name):
    """sam local invoke"""
    reply = replies[name]
    assert reply["code"] == 0, reply["stderr"]
    samples.compare(name, json.loads(reply["stdout"]))


def test_readme(replies):
    """README shows what sam local invoke prints"""
    _, _, section = (local.ROOT / "README.md").read_text().partition("## On your machine")
    shown = json.loads(section.split("```json")[1].split("```")[0])
    printed = json.loads(replies["done"]["stdout"])
    assert shown | {"checked_at": ""} == printed | {"checked_at": ""}
    assert shown.keys() == printed.keys()


def test_log(replies):
    """sam local invoke shows the function's log"""
    # of most events: sam stops to read a container's log when its reply is there, and may miss the last lines
    assert any('"message":"check' in reply["stderr"] for reply in replies.values())
