"""The commands of the pages for tools of AWS, checked against the models of its services and the SAM CLI's own help."""

import functools
import re

import boto3
import local
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

GLOBAL = {"query", "output", "region", "profile", "max-items", "cli-binary-format", "no-paginate"}
CUSTOM = { # commands that only the CLI has; test_packaged.py runs the last two
    ("logs", "tail"): {"since", "format", "follow"}, ("s3", "cp"): set(),
    ("cloudformation", "deploy"): {"stack-name", "capabilities", "template-file", "parameter-overrides"},
}


def commands(tool):
    """The command lines that begin with a tool, with their page; wrapped lines are joined."""
    for page in local.run("git", "ls-files", "*.md").stdout.splitlines():
        text = (local.ROOT / page).read_text().replace("\\\n", " ")
        for line in re.findall(rf"(?<![\w./-]){tool} ([a-z][^\n`|;#]*)", text):
            if re.match(r"[a-z0-9-]+ ", line + " "):
                yield page, line.strip()


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
    found = [(page, line) for page, line in commands("aws") if " " in line]
    assert len(found) > 20
    for page, line in found:
        assert problem(line) is None, (page, line)


@functools.cache
def known_options(command):
    return re.findall(r"--([a-z-]+)", local.sam(*command.split(), "--help", COLUMNS="200").stdout)


def test_sam_commands():
    """Commands and options of the SAM CLI"""
    found = list(commands("sam"))
    assert len(found) > 5
    for page, line in found:
        command = "local invoke" if line.startswith("local invoke") else line.split()[0]
        assert set(options(line)) <= set(known_options(command)), (page, line)
