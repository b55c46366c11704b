"""Clients of the XDR API that nobody here wrote, against the simulator: it answers other people's programs as a tenant does.

The clients only speak HTTPS with a tenant's host; they trust the certificate that xdrsim -tls writes.
"""

import json
import pathlib

import local
import pytest

DONE, FAILED, NO_ENDPOINTS = "22519813685301", "22519813685302", "22519813685306"
UNAUTHORIZED = [401, '{"reply":{"err_code":401,"err_extra":null,"err_msg":"Public API request unauthorized"}}']


@pytest.fixture(params=["standard", "advanced"])
def tenant(request, xdrsim, tmp_path):
    """What xdrsim printed for a key of each kind."""
    with local.Simulator(xdrsim, tmp_path, "-tls", tmp_path / "ca.pem", "-security-level", request.param) as sim:
        yield sim.env | {"level": request.param, "ca": str(tmp_path / "ca.pem")}


@pytest.mark.parametrize("version", ["1.8.9", "2.0.0"])
def test_client(version, tenant):
    """its statuses, and its error for a wrong key"""
    def ask(key):
        python = local.TOOLS / f"client-{version[0]}/bin/python"
        host = tenant["XDR_API_URL"].replace("https://127.0.0.1", "localhost")
        done = local.run(
            python, pathlib.Path(__file__).with_name("client.py"), host, tenant["XDR_API_KEY_ID"], key, tenant["level"],
            DONE, FAILED, NO_ENDPOINTS, env=local.clean_env(REQUESTS_CA_BUNDLE=tenant["ca"]))
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert f"=={version}\n" in (local.ROOT / f"test/e2e/requirements-client-{version[0]}.txt").read_text()
    done, failed, none, *probe = ask(tenant["XDR_API_KEY"])
    assert list(done.values()) == ["COMPLETED_SUCCESSFULLY"] * 5 and list(failed.values()) == ["FAILED"] * 4 and none is None
    assert probe == (["true"] if version == "2.0.0" else [])
    assert ask("wrong") == [UNAUTHORIZED] * (3 + len(probe))
