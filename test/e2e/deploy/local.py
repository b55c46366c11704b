"""What the tests start on this machine, on loopback only, and stop again by its process id."""

import contextlib
import json
import os
import pathlib
import platform
import re
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOLS = pathlib.Path(os.environ.get("TOOLS", ROOT / ".tools" / "e2e"))
REGION = "us-east-1"
GOARCH, ARCHITECTURE = { # Go's word for this machine, and the template's
    "x86_64": ("amd64", "x86_64"), "aarch64": ("arm64", "arm64")}[platform.machine()]
EVENTS = ROOT / "events"


def clean_env(**more):
    """The environment without anyone's AWS settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SAM_"))}
    return env | {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(TOOLS / "sam-app-dir"),
    } | more


def run(*args, check=True, env=None, cwd=ROOT, timeout=300):
    """Runs a command to its end; a failure shows what it printed."""
    done = subprocess.run([str(a) for a in args], env=env or clean_env(), cwd=cwd, timeout=timeout, capture_output=True, text=True)
    if check and done.returncode:
        raise AssertionError(f"{args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def sam(*args, **env):
    return run(TOOLS / "deploy/bin/sam", *args, env=clean_env(**env))


def free_port():
    """A port that the kernel had free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(what, condition, seconds=90):
    """The first true value of condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {seconds} s")


class Process:
    """A program in the background, with its output in a file."""

    def __init__(self, args, log, env=None, cwd=ROOT):
        self.log = pathlib.Path(log)
        with self.log.open("w") as out:
            self.popen = subprocess.Popen([str(a) for a in args], stdout=out, stderr=subprocess.STDOUT, env=env or clean_env(), cwd=cwd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.terminate()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def output(self):
        return self.log.read_text(errors="replace")

    def ready(self, condition):
        def check():
            assert self.popen.poll() is None, self.output()
            with contextlib.suppress(OSError):
                return condition()
        return until(f"start of {self.popen.args[0]}", check)


class Simulator(Process):
    """cmd/xdrsim: the XDR API, and its secret behind the Secrets Manager protocol. env is what it printed."""

    def __init__(self, binary, folder, *args, scenarios=()):
        chosen = [arg for name in scenarios for arg in ("-scenario", name)]
        super().__init__([binary, "-rate-limit", "-1", "-print-key", *args, *chosen], folder / "log")
        self.ready(lambda: "export AWS_SECRET_ACCESS_KEY=" in self.output())
        self.env = dict(re.findall(r"^export (\w+)=(\S+)$", self.output(), re.M))
        self.url = self.env["XDR_ALLOWED_ORIGINS"]

    def requests(self, action):
        """The HTTP status of each question about an action."""
        with urllib.request.urlopen(f"{self.url}/_sim/requests") as reply:
            return [r["status"] for r in json.load(reply) if r["group_action_id"] == action]


def builtin(xdrsim):
    """The names of the simulator's own scenarios."""
    return [line.split()[0] for line in run(xdrsim, "-list").stdout.splitlines()]


def compare(name, reply):
    """Asserts that a reply is that of a sample, but for what depends on the clock and on the network's words."""
    want = json.loads((EVENTS / f"{name}.want.json").read_text())
    if "errorType" in want:
        assert reply["errorMessage"].startswith(want["errorMessage"]), reply
        want["errorMessage"] = reply["errorMessage"]
    else:
        assert reply["elapsed_seconds"] >= 0 and reply["checked_at"].endswith("Z"), reply
        want |= {k: reply[k] for k in ("elapsed_seconds", "checked_at")}
    assert reply == want
