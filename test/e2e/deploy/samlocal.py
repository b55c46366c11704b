"""Runs `sam local invoke` on events with a Docker engine of its own, beside the simulator that `make sim` starts.

    unshare --net --mount --pid --fork --kill-child --mount-proc python samlocal.py BUILD_DIR XDRSIM FOLDER EVENT...

prints one JSON object: for each event what sam wrote to stdout and stderr, and its exit code. The namespaces are its own:
in the network there is loopback and nothing else, since the emulator in the container listens on all interfaces and the
ports are fixed; and no process or mount of the engine outlives it.
"""

import json
import pathlib
import shutil
import sys

import local

# What sam builds its image from, instead of a download. It is never asked for more than these tools.
DOCKERFILE = """\
FROM scratch
ADD busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /tmp /var/task /var/runtime && chmod 1777 /tmp
"""


def main(build, simulator, folder, *events):
    folder = pathlib.Path(folder)
    network()
    socket = f"unix://{folder}/docker.sock"
    env = local.clean_env(DOCKER_HOST=socket, DOCKER_BUILDKIT="0", HOME=str(folder))
    engine = [
        "dockerd", "--host", socket, "--pidfile", folder / "docker.pid", "--data-root", folder / "data",
        "--exec-root", folder / "exec", "--iptables=false", "--ip6tables=false", "--bridge=none",
        "--add-runtime", f"host={pathlib.Path(__file__).with_name('hostrunc')}", "--default-runtime", "host"]
    with local.Process(engine, folder / "docker.log", env=env) as docker, \
            local.Simulator(simulator, folder, "-addr", "127.0.0.1:8480"):
        docker.ready(lambda: local.run("docker", "version", env=env, check=False).returncode == 0)
        base_image(folder / "image", env)
        print(json.dumps({event: invoke(build, event, env) for event in events}))


def network():
    """Sets up the namespace: loopback, and on it the port that sam takes for the emulator's, somewhere from 5000 to 8999,
    led to the one where the emulator listens."""
    nat = ["iptables", "--table", "nat", "--append", "OUTPUT", "--out-interface", "lo", "--protocol", "tcp", "--dport"]
    local.run("ip", "link", "set", "lo", "up")
    local.run(*nat, "8480", "--jump", "RETURN")
    local.run(*nat, "5000:8999", "--jump", "REDIRECT", "--to-ports", "8080")


def base_image(folder, env):
    """Builds the base image from scratch, under the name that sam looks for."""
    folder.mkdir()
    shutil.copy(shutil.which("busybox"), folder)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    tag = f"public.ecr.aws/lambda/provided:al2023-{local.ARCHITECTURE}"
    local.run("docker", "build", "--network", "none", "--tag", tag, folder, env=env)


def invoke(build, event, env):
    """Runs the command of README with another event, and with what it needs here: the build, and no download."""
    readme = (local.ROOT / "README.md").read_text()
    command, = [line for line in readme.splitlines() if line.startswith("sam local invoke")]
    command = command.replace("events/done.json", f"events/{event}.json")
    command = command.replace("Architecture=arm64", f"Architecture={local.ARCHITECTURE}")
    args = [local.TOOLS / "deploy/bin/sam", *command.split()[1:], "--template", f"{build}/template.yaml", "--skip-pull-image"]
    done = local.run(*args, env=env, check=False, timeout=120)
    return {"stdout": done.stdout, "stderr": done.stderr, "code": done.returncode}


if __name__ == "__main__":
    main(*sys.argv[1:])
