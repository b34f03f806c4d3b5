"""Deploy the build: python -m operations.deploy dev .env.dev [ARGUMENTS FOR sam deploy]

sam uploads the build and makes a change set. Then, after a question for prod, the database is saved in a backup and
migrated, the change set is executed, and a smoke test checks the deployed address. BACKUP=off leaves the backup out.
A stack that could not be created is deleted, so that the next deployment can try again.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError

from operations import concurrency, smoke
from operations.deployment import (
    ROOT,
    SECRETS,
    client,
    configuration,
    env_values,
    fail,
    find_stack,
    parameters,
    region,
    sam,
    secret_versions,
    stack_name,
)

POLL = {"Delay": 5, "MaxAttempts": 720}
STARTED = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")


def main(environment: str, env_file: str, *arguments: str) -> int:
    stack = stack_name(environment)
    command = ["deploy", "--config-env", environment, "--region", region(), "--no-execute-changeset"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", *arguments]
    found = find_stack(stack)
    given = chosen_parameters(environment, Path(env_file), found)
    earlier = waiting_change_sets(stack) if found else []
    if sam(*command, "--parameter-overrides", *map(override, given.items())):
        raise fail("deploy: sam could not make a change set; the lines above have the reason")
    change_set = newest_change_set(stack, earlier)
    if not change_set:
        print("deploy: nothing has changed")
        return 0
    if configuration(environment)["deploy"]["parameters"]["confirm_changeset"]:
        answer = input("deploy: migrate the database and make these changes? [y/N] ").strip().lower()
        if answer != "y":
            client("cloudformation").delete_change_set(ChangeSetName=change_set["ChangeSetId"])
            raise fail("deploy: nothing was changed, in the database or on AWS")
    prepare_database(environment, env_file)
    address = execute(stack, change_set)
    print(f"deploy: {stack} is deployed at {address}")
    return smoke.main(address, given["Streaming"])


def prepare_database(environment: str, env_file: str) -> None:
    """Back the database up and migrate it."""
    make, where = ["make", "--no-print-directory"], [f"ENV={environment}", f"ENV_FILE={env_file}"]
    if os.environ.get("BACKUP") == "off":
        print("deploy: no backup, as BACKUP=off says")
    elif subprocess.call([*make, "backup", *where], cwd=ROOT):
        raise fail(
            "deploy: there is no backup, so nothing was changed, in the database or on AWS; remove the cause above,"
            " or deploy without a backup with BACKUP=off"
        )
    if subprocess.call([*make, "migrate", *where], cwd=ROOT):
        raise fail("deploy: the database could not be migrated, and nothing was changed on AWS")


def chosen_parameters(environment: str, env_file: Path, stack: dict[str, Any] | None) -> dict[str, str]:
    """Return all parameters; reserved concurrency is decided by the account's limit unless the .env file sets it."""
    given = parameters(environment, env_file)
    given["SecretVersions"] = secret_versions([given[one] for one in SECRETS])
    if "RESERVED_CONCURRENCY" not in env_values(env_file):
        given["ReservedConcurrency"], reason = concurrency.choose(stack)
        print(f"deploy: {reason}.")
    return given


def override(parameter: tuple[str, str]) -> str:
    """Write one parameter for sam. It is in quotes, because a value may be empty or contain spaces."""
    name, value = parameter
    return '{}="{}"'.format(name, value.replace('"', '\\"'))


def waiting_change_sets(stack: str) -> list[dict[str, Any]]:
    return [
        one
        for one in client("cloudformation").list_change_sets(StackName=stack)["Summaries"]
        if one.get("ExecutionStatus") == "AVAILABLE"
    ]


def newest_change_set(stack: str, earlier: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the change set that sam has made, or None if sam found nothing to change.

    A deployment that was interrupted or could not migrate left its change set. It is one of the `earlier` ones and is
    not executed, because its changes may have been reverted since.
    """
    known = {one["ChangeSetId"] for one in earlier}
    new = [one for one in waiting_change_sets(stack) if one["ChangeSetId"] not in known]
    return max(new, key=lambda one: one["CreationTime"], default=None)


def execute(stack: str, change_set: dict[str, Any]) -> str:
    """Execute the change set and wait. Returns the deployed address."""
    cloudformation = client("cloudformation")
    is_new = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    print("deploy: CloudFormation makes the changes; this takes some minutes", flush=True)
    try:
        kind = "stack_create_complete" if is_new else "stack_update_complete"
        cloudformation.get_waiter(kind).wait(StackName=stack, WaiterConfig=POLL)
    except WaiterError:
        raise explain_failure(stack, is_new) from None
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return next(str(one["OutputValue"]) for one in outputs if one["OutputKey"] == "Url")


def explain_failure(stack: str, is_new: bool) -> SystemExit:
    """Print the reasons of a failed deployment, and delete the stack if its first deployment failed."""
    cloudformation = client("cloudformation")
    failures = []
    for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:  # newest event first
        if event["ResourceStatus"].endswith("_FAILED"):
            failures.append(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")
        if event["LogicalResourceId"] == stack and event["ResourceStatus"] in STARTED:
            break  # the remaining events belong to earlier deployments
    print(*reversed(failures), sep="\n", file=sys.stderr)
    if not is_new:
        return fail("deploy: the update failed and was rolled back; the release before it runs on.")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=POLL)
    return fail("deploy: the stack could not be created and was deleted. Remove the cause above and deploy again.")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
