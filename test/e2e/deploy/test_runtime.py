"""The built bootstrap under the Lambda runtime interface emulator, the binary that `sam local` puts into its containers."""

import json
import os
import pathlib
import signal
import socket
import urllib.error
import urllib.request

import local
import pytest
import samcli

DONE, SLOW = b'{"group_action_id": 22519813685301}', b'{"group_action_id": 1}'
SCENARIO = {"description": "An API that answers after a minute.", "group_action_id": 1, "agents": [], "faults": [{"delay_seconds": 60}]}


class Emulator(local.Process):
    """A function under the emulator, with a timeout of two seconds."""

    def __init__(self, bootstrap, simulator, folder, **env):
        self.address = f"127.0.0.1:{local.free_port()}"
        binary = pathlib.Path(samcli.__file__).parent / f"local/rapid/aws-lambda-rie-{local.ARCHITECTURE}"
        args = [binary, "--runtime-interface-emulator-address", self.address, "--runtime-api-address", f"127.0.0.1:{local.free_port()}", bootstrap]
        variables = {"AWS_LAMBDA_FUNCTION_TIMEOUT": "2", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_FUNCTION_NAME": "status"}
        super().__init__(args, folder / "log", env=local.clean_env(**simulator.env, **variables, **env), cwd=folder)
        self.ready(self.listens)

    def listens(self):
        with socket.create_connection(self.address.split(":")):
            return True

    def invoke(self, event):
        try:
            url = f"http://{self.address}/2015-03-31/functions/function/invocations"
            return urllib.request.urlopen(url, event, timeout=30).read().decode()
        except urllib.error.HTTPError as failed:
            return failed.read().decode()

    def function(self):
        """The process id of the bootstrap."""
        children = pathlib.Path(f"/proc/{self.popen.pid}/task").glob("*/children")
        pid, = (int(pid) for c in children for pid in c.read_text().split())
        return pid


@pytest.fixture(scope="module")
def sim(xdrsim, tmp_path_factory):
    """The simulator with all scenarios that the samples need, and one that is slow."""
    folder = tmp_path_factory.mktemp("rie-sim")
    (folder / "slow.json").write_text(json.dumps(SCENARIO))
    with local.Simulator(xdrsim, folder, scenarios=[*local.builtin(xdrsim), folder / "slow.json"]) as running:
        yield running


@pytest.fixture
def emulator(built, sim, tmp_path):
    with Emulator(built / "StatusFunction/bootstrap", sim, tmp_path) as running:
        yield running


def test_samples(emulator):
    """Every sample of events/ gives its reply"""
    names = [p.name.removesuffix(".want.json") for p in local.EVENTS.glob("*.want.json")]
    assert len(names) >= 20
    for name in names:
        local.compare(name, json.loads(emulator.invoke((local.EVENTS / f"{name}.json").read_bytes())))


def test_slow_api(emulator):
    """An API that does not answer ends in XDR.Unavailable, and not in the function's timeout"""
    assert json.loads(emulator.invoke(SLOW))["errorType"] == "XDR.Unavailable"


def test_timeout(emulator):
    """A function that hangs is timed out, and the next check works"""
    local.compare("done", json.loads(emulator.invoke(DONE)))
    os.kill(emulator.function(), signal.SIGSTOP)
    assert emulator.invoke(DONE) == "Task timed out after 2.00 seconds"
    local.compare("done", json.loads(emulator.invoke(DONE)))


def test_crash(emulator):
    """A function that dies is Runtime.ExitError, and the next check works"""
    local.compare("done", json.loads(emulator.invoke(DONE)))
    os.kill(emulator.function(), signal.SIGKILL)
    assert json.loads(emulator.invoke(DONE))["errorType"] == "Runtime.ExitError"
    local.compare("done", json.loads(emulator.invoke(DONE)))


def test_bad_environment(built, sim, tmp_path):
    """A bad variable stops the init with a message that names it"""
    with Emulator(built / "StatusFunction/bootstrap", sim, tmp_path, XDR_TIMEOUT_SECONDS="soon") as broken:
        assert broken.invoke(DONE) == "" # AWS answers Runtime.ExitError; this emulator only logs it
        assert "Runtime.ExitError" in broken.output() and "xdr-action-status: cannot start: XDR_TIMEOUT_SECONDS" in broken.output()
