"""Delete a deployment's stack, in any state, after listing the parts that stay: python -m operations.destroy dev"""

import sys

from botocore.exceptions import ClientError

from operations.deployment import (
    SECRETS,
    backup_key_name,
    client,
    fail,
    find_stack,
    fixed_parameters,
    region,
    sam,
    stack_name,
    stack_resources,
)

DELETED = "the functions, the API, the queues with their messages, the alarms, the logs, all pictures and archives"


def main(environment: str) -> int:
    stack = stack_name(environment)
    found = find_stack(stack)
    if not found:
        raise fail(f"destroy: there is no stack {stack} in {region()}")
    print(f"Deletes the stack {stack} in {region()}, state {found['StackStatus']}: {DELETED}.\n")
    print(_what_stays(environment))
    if input(f"\nType {stack} to go on: ").strip() != stack:
        raise fail("destroy: nothing was deleted")
    buckets = [
        one["PhysicalResourceId"] for one in stack_resources(stack) if one["ResourceType"] == "AWS::S3::Bucket"
    ]
    print(f"destroy: {sum(map(empty, buckets))} files deleted", flush=True)
    # sam deletes the uploaded builds too. It reads the stack's template; a stack that was never executed has none.
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":
        client("cloudformation").delete_stack(StackName=stack)
        client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=stack)
        return 0
    return sam("delete", "--stack-name", stack, "--region", region(), "--no-prompts")


def _what_stays(environment: str) -> str:
    names = " ".join(fixed_parameters(environment)[one] for one in SECRETS)
    return "\n".join([
        "What stays behind:",
        "  - the database and everything in it; delete it at TiDB Cloud",
        f"  - the secrets in SSM; delete them with: aws ssm delete-parameters --names {names}",
        f"  - the backups, and {backup_key_name(environment)}, without which nothing opens them",
        "  - sam's bucket of artifacts, which other stacks may use: the stack aws-sam-cli-managed-default",
        "  - CloudWatch's metrics (15 months) and X-Ray's traces (30 days); AWS deletes them after that time",
        "  - the keys at Gemini and SendGrid, and a DNS record made by hand",
    ])  # fmt: skip


def empty(bucket: str) -> int:
    """Delete all objects, since CloudFormation deletes empty buckets only. Ignore a bucket that no longer exists.

    In a bucket with versions, delete the earlier versions and the delete markers too. Returns the number of all.
    """
    s3, deleted = client("s3"), 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if objects := [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]:
                refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors")
                if refused:
                    raise fail(f"destroy: S3 did not delete {refused[0]['Key']}: {refused[0]['Code']}")
                deleted += len(objects)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    return deleted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
