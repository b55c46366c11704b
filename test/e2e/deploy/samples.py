"""The samples of events/ with their replies, and a scenario of a thousand endpoints."""

import json

import local

FOLDER = local.ROOT / "events"
NAMES = sorted(p.name.removesuffix(".want.json") for p in FOLDER.glob("*.want.json"))


def event(name):
    return (FOLDER / f"{name}.json").read_bytes()


def compare(name, reply):
    """Asserts that a reply is the sample's, but for what depends on the clock and on the network's words."""
    want = json.loads((FOLDER / f"{name}.want.json").read_text())
    if "errorType" in want:
        assert reply["errorMessage"].startswith(want["errorMessage"]), reply
        want["errorMessage"] = reply["errorMessage"]
    else:
        assert reply["elapsed_seconds"] >= 0 and reply["checked_at"].endswith("Z"), reply
        want |= {k: reply[k] for k in ("elapsed_seconds", "checked_at")}
    assert reply == want


AGENTS = [f"{n:032x}" for n in range(1000)]
FAIL, SUCCEED = 1001, 1002


def thousand(folder):
    """Two actions on the same endpoints: in the first all fail, each with a long reason, in the second all succeed."""
    for action, status in ((FAIL, "FAILED"), (SUCCEED, "COMPLETED_SUCCESSFULLY")):
        reason = {"errorDescription": "Element not found. " * 14}
        agent = {"timeline": [{"at": 0, "status": status}], "error_reason": reason}
        scenario = {"description": status, "group_action_id": action, "agents": [{"id": id} | agent for id in AGENTS]}
        (folder / f"{action}.json").write_text(json.dumps(scenario))
    return [folder / f"{FAIL}.json", folder / f"{SUCCEED}.json"]
