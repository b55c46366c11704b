"""The CDK app of examples/cdk, synthesised as `cdk deploy` does it first, and checked by cdk-nag."""

import csv
import json
import pathlib
import shutil

import local
from samtranslator.yaml_helper import yaml_parse

CDK = local.ROOT / "examples/cdk"


def test_cdk(template, tmp_path):
    """examples/cdk: no error of cfn-lint; cdk-nag finds exactly what the template suppresses with a reason"""
    for file in [CDK / "app.js", pathlib.Path(__file__).with_name("nag.js"), template]:
        shutil.copy(file, tmp_path)
    for file in template.parent.glob("*.zip"):
        shutil.copy(file, tmp_path / file.name.replace(local.ARCHITECTURE, "arm64"))
    (tmp_path / "node_modules").symlink_to(local.TOOLS / "cdk/node_modules")
    app = json.loads((CDK / "cdk.json").read_text())["app"].replace("node ", "node -r ./nag.js ")
    local.run("node_modules/.bin/cdk", "synth", "--quiet", "--app", app, cwd=tmp_path)
    out = tmp_path / "cdk.out"
    stack = out / "xdr-action-status.template.json"
    assert local.run(local.TOOLS / "deploy/bin/cfn-lint", "--ignore-checks", "W", "--", stack).stdout == ""
    report, = out.glob("AwsSolutions-*.csv")
    with report.open(newline="") as rows:
        judged = [r for r in csv.DictReader(rows) if r["Compliance"] != "Compliant"]
    found = {(r["Resource ID"].rpartition("/")[2], r["Exception Reason"].removeprefix("[Resource::*] ")) for r in judged}
    assert found == {
        (name, rule["reason"]) for name, r in yaml_parse(template.read_text())["Resources"].items()
        for rule in r.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", [])}
