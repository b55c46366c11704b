"""What linters say of the template, as it is written and as the SAM transform makes it."""

import json
import os

import local
import pytest

TEMPLATE = local.ROOT / "template.yaml"
EXAMPLE = local.ROOT / "examples/direct/template.yaml"


@pytest.mark.engine(local.pinned("aws-sam-cli"))
@pytest.mark.parametrize("template", [TEMPLATE, EXAMPLE], ids=["template.yaml", "examples/direct"])
def test_sam_validate(template):
    """sam validate --lint"""
    local.sam("validate", "--lint", "--template", template)


@pytest.mark.engine(local.pinned("aws-sam-cli"))
def test_sam_build(tmp_path):
    """sam build makes an arm64 program, and an x86_64 one with GOARCH=amd64"""
    local.sam("build", "--build-dir", tmp_path / "default", env={"GOARCH": ""})
    assert machine(tmp_path / "default") == AARCH64
    assert machine(local.build(tmp_path / "amd64", "amd64")) == X86_64


AARCH64, X86_64 = 183, 62 # e_machine of the ELF header


def machine(build):
    return int.from_bytes((build / "StatusFunction/bootstrap").read_bytes()[18:20], "little")


@pytest.mark.engine(local.pinned("cfn-lint"))
@pytest.mark.parametrize("template", [TEMPLATE, EXAMPLE], ids=["template.yaml", "examples/direct"])
def test_cfn_lint(template):
    """cfn-lint finds nothing"""
    done = local.run(local.TOOLS / "deploy/bin/cfn-lint", "--", template)
    assert done.stdout == ""


@pytest.mark.engine(f"{local.pinned('cfn-lint')} + {local.pinned('aws-sam-translator')}")
def test_cfn_lint_transformed(transformed):
    """cfn-lint finds nothing in what the SAM transform makes of the template"""
    done = local.run(local.TOOLS / "deploy/bin/cfn-lint", "--", transformed)
    assert done.stdout == ""


@pytest.mark.engine(local.pinned("checkov"))
def test_checkov():
    """checkov: nothing fails that the template does not suppress"""
    results = checkov(TEMPLATE)
    assert results["passed_checks"] and not results["failed_checks"], failures(results)


@pytest.mark.engine(f"{local.pinned('checkov')} + {local.pinned('aws-sam-translator')}")
def test_checkov_transformed(transformed, tmp_path):
    """checkov: without suppressions, exactly the suppressed checks fail; each has its reason"""
    template = json.loads(transformed.read_text())
    reasons = {}
    for name, resource in template["Resources"].items():
        skips = resource.pop("Metadata", {}).get("checkov", {}).get("skip", [])
        reasons |= {(name, skip["id"]): skip["comment"] for skip in skips}
    bare = tmp_path / "template.json"
    bare.write_text(json.dumps(template))
    assert failures(checkov(bare)) == sorted(reasons) and all(reasons.values())


def checkov(file):
    args = ["--file", file, "--framework", "cloudformation", "--skip-download", "--output", "json"]
    return json.loads(local.run(local.TOOLS / "checkov/bin/checkov", *args, check=False).stdout)["results"]


def failures(results):
    return sorted((check["resource"].rpartition(".")[2], check["check_id"]) for check in results["failed_checks"])


@pytest.fixture(scope="module")
def transformed(tmp_path_factory):
    """The template after the SAM transform, as CloudFormation would run it."""
    os.environ["AWS_DEFAULT_REGION"] = local.REGION
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    class NoPolicies:
        def load(self):
            return {}

    template = yaml_parse(TEMPLATE.read_text())
    template["Resources"]["StatusFunction"]["Properties"]["CodeUri"] = "s3://artifacts/code"
    template["Resources"]["WaitForAction"]["Properties"]["DefinitionS3Location"] = {"Bucket": "artifacts", "Key": "definition"}
    out = tmp_path_factory.mktemp("transformed") / "template.json"
    out.write_text(json.dumps(transform(template, {}, NoPolicies()), indent=1))
    return out
