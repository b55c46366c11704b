"""The commands of the pages for tools of AWS, checked against the models of its services and the SAM CLI's own help."""

import functools
import re

import boto3
import botocore
import local
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

pytestmark = pytest.mark.engine(f"botocore {botocore.__version__} + {local.pinned('aws-sam-cli')}")

PAGES = [p for p in [*local.ROOT.glob("*.md"), *local.ROOT.glob("*/*.md"), *local.ROOT.glob("docs/**/*.md")] if ".tools" not in p.parts]
GLOBAL = {"query", "output", "region", "profile", "max-items", "cli-binary-format", "no-paginate"}
CUSTOM = { # commands that only the CLI has; test_packaged.py runs the last two
    ("logs", "tail"): {"since", "format", "follow"}, ("s3", "cp"): set(),
    ("cloudformation", "deploy"): {"stack-name", "capabilities", "template-file", "parameter-overrides"},
}


def commands(tool):
    """The command lines that begin with a tool, with their page; wrapped lines are joined."""
    found = []
    for page in sorted(set(PAGES)):
        text = page.read_text().replace("\\\n", " ")
        for line in re.findall(rf"(?<![\w./-]){tool} ([a-z][^\n`|;#]*)", text):
            if re.match(r"[a-z0-9-]+ ", line + " "):
                found.append((page.name, line.strip()))
    return found


def options(line):
    """The long options of a command line, without those in quotes."""
    return re.findall(r"(?<=\s)--([a-z-]+)", re.sub(r"'[^']*'|\"[^\"]*\"", "''", line))


def problem(line):
    """What is wrong with an AWS CLI command; None if nothing is."""
    service, operation, *rest = line.split()
    known = GLOBAL | CUSTOM.get((service, operation), set())
    if (service, operation) not in CUSTOM:
        try:
            client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        except (UnknownServiceError, ValueError):
            return f"no service {service}"
        if operation == "wait":
            if rest[0].replace("-", "_") not in client.waiter_names:
                return f"{service} cannot wait for {rest[0]}"
            operation = xform_name(client.get_waiter(rest[0].replace("-", "_")).config.operation, "-")
        model = client.meta.service_model
        name = next((n for n in model.operation_names if xform_name(n, "-") == operation), None)
        if name is None:
            return f"{service} has no {operation}"
        shape = model.operation_model(name).input_shape
        known = known | {xform_name(m, "-") for m in (shape.members if shape else {})}
    unknown = [o for o in options(line) if o not in known and o.removeprefix("no-") not in known]
    return f"{service} {operation} has no {unknown}" if unknown else None


def test_aws_commands():
    """Services, operations and options of all commands of the AWS CLI"""
    found = commands("aws")
    wrong = [(page, line, p) for page, line in found if " " in line and (p := problem(line))]
    assert not wrong
    assert len(found) > 20
    print(len(found), "commands")


def test_aws_problems():
    """What the test above must find"""
    for line in ["secretmanager create-secret", "events put-event --entries x", "sqs receive-message --queue x", "lambda wait function-gone --function-name f"]:
        assert problem(line), line
    assert problem("sqs receive-message --queue-url x --query 'Messages[0]'") is None


@functools.cache
def help_of(command):
    return local.sam(*command.split(), "--help", env={"COLUMNS": "200"}).stdout


def test_sam_commands():
    """Commands and options of the SAM CLI"""
    found = commands("sam")
    for page, line in found:
        command = "local invoke" if line.startswith("local invoke") else line.split()[0]
        text = help_of(command)
        for option in options(line):
            assert f"--{option}" in text or f"/{option}" in text, (page, line, option)
    assert len(found) > 5
