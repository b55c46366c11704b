"""Runs jobs through the interpreter of moto, which is LocalStack's: a JSON list of {name, definition, input} on stdin,
the version and a trace of each job on stdout. For AWS it takes what serves MOTO_PORT."""

import json
import logging
import os
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
import moto
from botocore.config import Config
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

logging.basicConfig(filename=os.path.join(os.environ["MODULES"], "moto.log"), filemode="w", level=logging.INFO)
# moto has this list once for all: two definitions that it reads at the same time can break each other
Preprocessor.__init__ = lambda self: setattr(self, "_query_language_per_scope", [])
jobs = json.load(sys.stdin)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
url = "http://%s:%d" % server.get_host_and_port()
on = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()  # else executions are only recorded
urllib.request.urlopen(url + "/moto-api/config", on).close()
client = boto3.client(
    "stepfunctions", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a",
    config=Config(max_pool_connections=len(jobs)))


def create(number, definition):
    role = "arn:aws:iam::123456789012:role/semantics"
    return client.create_state_machine(name=f"wait-{number}", definition=definition, roleArn=role)["stateMachineArn"]


definitions = {json.dumps(job["definition"]) for job in jobs}
machines = {definition: create(number, definition) for number, definition in enumerate(definitions)}


def start(job, space=""):
    """The ARN of the execution, or the error's name."""
    machine = machines[json.dumps(job["definition"])]
    text = space + json.dumps(job["input"])
    try:
        answer = client.start_execution(stateMachineArn=machine, name=job["name"], input=text)
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return answer["executionArn"]


def steps(events):
    """No event tells of a retry or a caught error: a task that was scheduled again was retried, one that was left after
    a failure was caught."""
    state = error = None
    for event in events:
        kind = event["type"]
        if kind.endswith("StateEntered"):
            state, error = event["stateEnteredEventDetails"]["name"], None
            yield {"kind": "entered", "state": state, "input": json.loads(event["stateEnteredEventDetails"]["input"])}
        elif kind in ("TaskFailed", "TaskTimedOut"):
            error = event[kind[0].lower() + kind[1:] + "EventDetails"]["error"]
        elif kind in ("TaskScheduled", "TaskStateExited") and error:
            yield {"kind": "retried" if kind == "TaskScheduled" else "caught", "state": state, "error": error}
            error = None


def run(job):
    arn = start(job)
    again = [start(job), start(job, space=" ")]  # while it runs, and with another input
    for _ in range(300):  # longer than the machine's limit: an interpreter that has crashed runs for ever
        execution = client.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            break
        time.sleep(0.5)
    again.append(start(job))  # after its end
    events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return {
        **{key: execution.get(key, "") for key in ("status", "error", "cause", "output")},
        "steps": list(steps(events)),
        "events": [event["type"] for event in events],
        "again": ["the same" if name == arn else name for name in again],
    }


with ThreadPoolExecutor(len(jobs)) as pool:  # nearly all of their time is waiting
    json.dump({"version": moto.__version__, "traces": list(pool.map(run, jobs))}, sys.stdout)
sys.stdout.flush()
os._exit(0)  # not wait for what a timeout left behind
