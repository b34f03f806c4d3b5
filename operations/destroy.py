"""Delete the stack of a deployment after a confirmation: python operations/destroy.py dev"""

import subprocess
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError
from deployment import ROOT, SECRETS, client, configuration, fail, fixed_parameters, region

DELETED = "the functions, the API, the queues with their messages, the alarms, the logs, and every profile picture"


def main(environment: str) -> int:
    stack = configuration(environment)["global"]["parameters"]["stack_name"]
    bucket = _bucket_of(stack)
    print(f"Deletes the stack {stack} in {region()}: {DELETED}.\n")
    print(_list_what_stays(environment))
    if input(f"\nType {stack} to go on: ").strip() != stack:
        raise fail("destroy: nothing was deleted")
    emptied = _empty(boto3.resource("s3", region_name=region()).Bucket(bucket))
    print(f"destroy: {emptied} pictures deleted")
    sam = ROOT / ".devcloud/sam/bin/sam"
    return subprocess.call([sam, "delete", "--stack-name", stack, "--region", region(), "--no-prompts"], cwd=ROOT)


def _bucket_of(stack: str) -> str:
    try:
        found = client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId="PicturesBucket")
    except ClientError as error:
        raise fail(
            f"destroy: there is no stack {stack} in {region()}: {error.response['Error']['Message']}"
        ) from None
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _list_what_stays(environment: str) -> str:
    names = " ".join(fixed_parameters(environment)[one] for one in SECRETS)
    return "\n".join([
        "What stays behind:",
        "  - the database and everything in it; delete it at TiDB Cloud",
        f"  - the secrets in SSM; delete them with: aws ssm delete-parameters --names {names}",
        "  - sam's bucket of artifacts, which other stacks may use: the stack aws-sam-cli-managed-default",
        "  - metrics in CloudWatch (15 months) and traces in X-Ray (30 days); AWS deletes them",
        "  - the keys at Gemini and SendGrid, and DNS records that you added yourself",
    ])  # fmt: skip


def _empty(bucket: Any) -> int:
    """Delete all objects, because CloudFormation cannot delete a bucket with objects. Returns their number."""
    return sum(len(page["Deleted"]) for page in bucket.objects.all().delete())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
