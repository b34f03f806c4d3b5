"""Deleting a stack by its name, in each state, and the preview of a cleanup."""

import json

import boto3
import pytest

from devcloud.template import read_template
from operations import cleanup_preview, deployment, destroy
from tests.support.deployments import LEFT, TEMPLATE, leave_stack_in, run
from tests.support.paths import ROOT


def test_stack_is_deleted_only_by_its_name(aws: dict[str, str]) -> None:
    assert "there is no stack falaai-dev" in run("destroy", "dev", aws=aws, typed="falaai-dev\n").stderr
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="falaai-dev", TemplateBody=json.dumps(TEMPLATE))
    refused = run("destroy", "dev", aws=aws, typed="yes\n")
    assert "nothing was deleted" in refused.stderr
    assert "/falaai/dev/GEMINI_API_KEY" in refused.stdout
    assert cloudformation.describe_stacks(StackName="falaai-dev")["Stacks"]
    cloudformation.delete_stack(StackName="falaai-dev")


@pytest.mark.parametrize(
    ("state", "files"),
    [("whole", 1), ("with versions", 3), ("never executed", 0), *((one, 0) for one in LEFT)],
)
def test_stack_is_deleted_in_each_state(aws: dict[str, str], state: str, files: int) -> None:
    cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
    before = {one["Name"] for one in s3.list_buckets()["Buckets"]}
    create = {"StackName": "falaai-dev", "TemplateBody": json.dumps(TEMPLATE)}
    if state == "never executed":
        cloudformation.create_change_set(ChangeSetName="first", ChangeSetType="CREATE", **create)
    elif state in LEFT:
        leave_stack_in(state)
    else:
        cloudformation.create_stack(**create)
        (bucket,) = [
            one["PhysicalResourceId"]
            for one in deployment.stack_resources("falaai-dev")
            if one["ResourceType"] == "AWS::S3::Bucket"
        ]
        if state == "with versions":
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            s3.put_object(Bucket=bucket, Key="pictures/1", Body=b"0")
            s3.put_object(Bucket=bucket, Key="pictures/1", Body=b"1")
            s3.delete_object(Bucket=bucket, Key="pictures/1")
        else:
            s3.put_object(Bucket=bucket, Key="pictures/1", Body=b"1")
    said = run("destroy", "dev", aws=aws, typed="falaai-dev\n")
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"destroy: {files} files deleted" in said.stdout
    assert deployment.find_stack("falaai-dev") is None
    assert not {one["Name"] for one in s3.list_buckets()["Buckets"]} - before


def test_bucket_that_is_gone_is_empty(aws: dict[str, str]) -> None:
    assert destroy.empty("falaai-no-such-bucket") == 0


def test_preview_of_the_cleanup_waits_as_long_as_the_function_may_run() -> None:
    """boto3 would give up after 60 seconds and invoke the function again, beside the run that goes on."""
    timeout = read_template(ROOT / "template.yaml").functions["CleanupFunction"].timeout
    assert cleanup_preview.ONE_LONG_CALL.read_timeout > timeout
    assert cleanup_preview.ONE_LONG_CALL.retries == {"total_max_attempts": 1}
