"""The samples of events/ and the replies that belong to them."""

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
