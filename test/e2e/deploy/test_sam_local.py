"""`sam local invoke` with events/env.json against the simulator at 127.0.0.1:8480, where `make sim` serves it. See samlocal.py.

The exit code of sam is 0 on function errors, so the output is what counts. Where this differs from AWS: the base image
is empty but for a shell, since none can be pulled; the container has the network of its engine (hostrunc).
"""

import json
import os
import shutil
import sys

import local
import pytest

EVENTS = ["pending", "done", "failed", "tenant", "bad-missing", "bad-unknown-tenant"]
NEEDED = ["dockerd", "docker", "runc", "unshare", "ip", "iptables", "busybox"]


@pytest.fixture(scope="module")
def replies(built, xdrsim, tmp_path_factory):
    must = os.environ.get("CI") and os.geteuid() == 0
    if not must and (os.geteuid() != 0 or not all(map(shutil.which, NEEDED))):
        pytest.skip(f"a Docker engine of its own needs root and {', '.join(NEEDED)}")
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    script = local.ROOT / "test/e2e/deploy/samlocal.py"
    folder = tmp_path_factory.mktemp("docker")
    done = local.run(*unshare, sys.executable, script, built, xdrsim, folder, *EVENTS, check=False, timeout=600)
    if done.returncode and not must:
        pytest.skip(f"the Docker engine did not work: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", EVENTS)
def test_invoke(replies, name):
    """sam local invoke"""
    reply = replies[name]
    assert reply["code"] == 0, reply["stderr"]
    local.compare(name, json.loads(reply["stdout"]))


def test_readme(replies):
    """README shows what sam local invoke prints"""
    _, _, section = (local.ROOT / "README.md").read_text().partition("## On your machine")
    shown = json.loads(section.split("```json")[1].split("```")[0])
    assert shown | {"checked_at": ""} == json.loads(replies["done"]["stdout"]) | {"checked_at": ""}


def test_log(replies):
    """sam local invoke shows the function's log"""
    # of most events: sam stops to read a container's log when its reply is there, and may miss the last lines
    assert any('"message":"check' in reply["stderr"] for reply in replies.values())
