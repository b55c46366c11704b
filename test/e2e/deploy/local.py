"""What the tests start on this machine, on loopback only, and stop again by its process id."""

import contextlib
import json
import os
import pathlib
import platform
import re
import signal
import socket
import subprocess
import time
import urllib.request

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOLS = pathlib.Path(os.environ.get("TOOLS", ROOT / ".tools" / "e2e"))
REGION = "us-east-1"


def pinned(package):
    """The version that a requirements file pins: what is installed."""
    for file in sorted((ROOT / "test/e2e").glob("requirements-*.txt")):
        if found := re.search(rf"^{package}==(\S+)$", file.read_text(), re.M):
            return f"{package} {found[1]}"
    raise LookupError(package)


ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"} # the template's word for Go's


def goarch():
    return {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def architecture():
    """The template's Architecture for this machine."""
    return ARCHITECTURES[goarch()]


def clean_env(**more):
    """The environment without anyone's AWS settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SAM_"))}
    return env | {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(TOOLS / "sam-app-dir"),
    } | more


def run(*args, check=True, env=None, cwd=ROOT, timeout=300, **kwargs):
    """Runs a command to its end; a failure shows what it printed."""
    done = subprocess.run([str(a) for a in args], env=env or clean_env(), cwd=cwd, timeout=timeout, capture_output=True, text=True, **kwargs)
    if check and done.returncode:
        raise AssertionError(f"{args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def sam(*args, env=None, **kwargs):
    return run(TOOLS / "deploy/bin/sam", *args, env=clean_env(**(env or {})), **kwargs)


def build(folder, goarch):
    """Runs `sam build` for a processor, as README says."""
    sam("build", "--build-dir", folder, "--parameter-overrides", f"Architecture={ARCHITECTURES[goarch]}", env={"GOARCH": goarch})
    return folder


def free_port():
    """A port that the kernel had free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(what, condition, seconds=30):
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
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def output(self):
        return self.log.read_text(errors="replace")

    def ready(self, condition, what, seconds=30):
        def check():
            if self.popen.poll() is not None:
                raise AssertionError(f"{what} ended:\n{self.output()}")
            with contextlib.suppress(OSError):
                return condition()
        return until(what, check, seconds)


class Simulator(Process):
    """cmd/xdrsim: the XDR API, and its secret behind the Secrets Manager protocol."""

    def __init__(self, binary, folder, addr, speed=1, scenarios=()):
        chosen = [arg for name in scenarios for arg in ("-scenario", name)]
        super().__init__([binary, "-addr", addr, "-speed", speed, "-rate-limit", "-1", *chosen], folder / "log")
        self.env = self.ready(self._printed, "simulator")
        self.url = self.env["XDR_ALLOWED_ORIGINS"]

    def _printed(self):
        env = dict(re.findall(r"^export (\w+)=(\S+)$", self.output(), re.M))
        return env if "AWS_SECRET_ACCESS_KEY" in env else None

    def secret(self):
        """The secret's value: where the API is, and the key."""
        keys = {"aws_access_key_id": "simulated", "aws_secret_access_key": "simulated"}
        client = boto3.client("secretsmanager", endpoint_url=self.url, region_name=REGION, **keys)
        return json.loads(client.get_secret_value(SecretId="xdr/sim")["SecretString"])

    def requests(self, action):
        """The HTTP status of each question about an action."""
        with urllib.request.urlopen(f"{self.url}/_sim/requests") as reply:
            return [r["status"] for r in json.load(reply) if r["group_action_id"] == action]


def builtin(xdrsim):
    """The names of the simulator's own scenarios."""
    return [line.split()[0] for line in run(xdrsim, "-list").stdout.splitlines()]


class MiniStack(Process):
    """A local AWS that enforces IAM policies. Step Functions waits and retries take a tenth of their time."""

    def __init__(self, folder):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        env = clean_env(
            BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), MINISTACK_REGION=REGION, AUTH="true", SFN_WAIT_SCALE="0.1",
            TMPDIR=str(folder), HOME=str(folder))
        super().__init__([TOOLS / "ministack/bin/ministack"], folder / "log", env=env, cwd=folder)
        self.ready(lambda: urllib.request.urlopen(f"{self.url}/_ministack/health").status == 200, "MiniStack", 60)

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)
