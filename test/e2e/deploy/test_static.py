"""What linters say of the template, as it is written and as the SAM transform makes it."""

import json
import os

import local
import pytest
import yaml

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
def test_checkov(transformed):
    """checkov: nothing fails, and each suppression has a reason and is needed"""
    skipped = {}
    for file in (TEMPLATE, transformed):
        args = ["--file", file, "--framework", "cloudformation", "--skip-download", "--output", "json"]
        results = json.loads(local.run(local.TOOLS / "checkov/bin/checkov", *args, check=False).stdout)["results"]
        assert results["passed_checks"] and not results["failed_checks"], [(c["check_id"], c["resource"]) for c in results["failed_checks"]]
        for check in results["skipped_checks"]:
            skipped[check["resource"].rpartition(".")[2], check["check_id"]] = check["check_result"]["suppress_comment"]
    assert skipped == suppressions()


def suppressions():
    """What the template's Metadata suppresses, with the reasons."""
    resources = yaml.load(TEMPLATE.read_text(), Loader=Tolerant)["Resources"]
    return {
        (name, skip["id"]): skip["comment"]
        for name, r in resources.items() for skip in r.get("Metadata", {}).get("checkov", {}).get("skip", [])}


class Tolerant(yaml.SafeLoader):
    """Reads !Ref and its like as nothing."""


Tolerant.add_multi_constructor("!", lambda loader, suffix, node: None)


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
    template["Resources"]["WaitForAction"]["Properties"]["DefinitionUri"] = "s3://artifacts/definition"
    out = tmp_path_factory.mktemp("transformed") / "template.json"
    out.write_text(json.dumps(transform(template, {}, NoPolicies()), indent=1))
    return out
