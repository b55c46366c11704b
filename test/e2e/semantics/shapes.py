"""Demands that statemachine/errors.tsv decides about each error of Lambda's Invoke that the pinned botocore knows, and
about no other of Lambda's: a new one in a new botocore fails here until somebody decides."""

from pathlib import Path

import botocore.session

# Not in the model: from the client inside Step Functions, or common to all services.
BESIDE = {"Unknown", "ClientExecutionTimeoutException", "AWSLambdaException", "SdkClientException",
          "AccessDeniedException"}

session = botocore.session.get_session()
invoke = session.get_service_model("lambda").operation_model("Invoke")
shapes = {shape.name for shape in invoke.error_shapes}
lines = Path("statemachine/errors.tsv").read_text().splitlines()
decided = {line.split("\t")[0].removeprefix("Lambda.") for line in lines if line.startswith("Lambda.")}

for name in sorted((shapes | BESIDE) ^ decided):
    print(f"statemachine/errors.tsv {'has' if name in decided else 'lacks'} Lambda.{name}; Invoke says otherwise")
if (shapes | BESIDE) != decided:
    raise SystemExit(1)
print(f"botocore {session.user_agent_version}: {len(shapes)} errors of Invoke, all decided; {len(lines) - 1} in all")
