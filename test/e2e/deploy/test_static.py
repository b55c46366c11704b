"""What linters say of the templates: as it is written, that of a release, and that of examples/direct."""

import json
import re

import local
import pytest

WRITTEN = ["template.yaml", "examples/direct/template.yaml"]
every = pytest.mark.parametrize("file", [*WRITTEN, "packaged"], indirect=True)


@pytest.fixture
def file(request):
    return request.getfixturevalue("template") if request.param == "packaged" else local.ROOT / request.param


@pytest.mark.parametrize("name", WRITTEN)
def test_sam_validate(name):
    """sam validate --lint"""
    local.sam("validate", "--lint", "--template", local.ROOT / name)


@pytest.mark.parametrize("goarch, machine", [("", 183), ("amd64", 62)])
def test_sam_build(tmp_path, goarch, machine):
    """sam build makes an arm64 program, and an x86_64 one with GOARCH=amd64, by e_machine of the ELF header"""
    local.sam("build", "--build-dir", tmp_path, GOARCH=goarch)
    assert (tmp_path / "StatusFunction/bootstrap").read_bytes()[18:20] == bytes([machine, 0])


@every
def test_cfn_lint(file):
    """cfn-lint finds nothing"""
    assert local.run(local.TOOLS / "deploy/bin/cfn-lint", "--", file).stdout == ""


@every
def test_checkov(file, tmp_path):
    """checkov: nothing fails but, without suppressions, exactly the suppressed checks; each has its reason"""
    text = file.read_text()
    suppressed = re.findall(r"id: (CKV_\w+), comment: \w", text)

    def failures(content):
        (tmp_path / "template.yaml").write_text(content)
        args = ["--file", tmp_path / "template.yaml", "--framework", "cloudformation", "--skip-download", "--output", "json"]
        results = json.loads(local.run(local.TOOLS / "checkov/bin/checkov", *args, check=False).stdout)["results"]
        assert results["passed_checks"]
        return sorted(check["check_id"] for check in results["failed_checks"])
    assert failures(text) == [] and failures(re.sub(r"id: CKV_\w+", "id: none", text)) == sorted(suppressed)
