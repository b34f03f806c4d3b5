"""A deployment: backup, migration, change set, smoke test."""

import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError

from devcloud.intrinsics import parse
from operations import deploy, deployment, smoke
from tests.support.deployments import RECORDED, TEMPLATE
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS


class Made:
    """Records the targets that a deployment makes, and lets one of them fail."""

    def __init__(self, failing: str = "") -> None:
        self.targets: list[str] = []
        self._failing = failing

    def __call__(self, command: list[str], **_: Any) -> int:
        self.targets.append(command[2])
        return int(command[2] == self._failing)


def test_deployment_backs_up_before_it_migrates(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Made()
    monkeypatch.setattr(deploy.subprocess, "call", made)
    deploy.prepare_database("dev", ".env.dev")
    assert made.targets == ["backup", "migrate"]
    failing = Made("backup")
    monkeypatch.setattr(deploy.subprocess, "call", failing)
    with pytest.raises(SystemExit):
        deploy.prepare_database("dev", ".env.dev")
    assert failing.targets == ["backup"]
    assert capsys.readouterr().err.startswith("deploy: there is no backup, so nothing was changed")
    monkeypatch.setenv("BACKUP", "off")
    deploy.prepare_database("dev", ".env.dev")
    assert failing.targets == ["backup", "migrate"]


def test_deployment_passes_every_parameter_of_the_template(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a standing stack would keep the previous value of a changed default or of a removed line."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", recorded)
    declared = parse((ROOT / "template.yaml").read_text())["Parameters"]
    env_file.write_text(env_file.read_text() + "STREAMING=off\nRESERVED_CONCURRENCY=off\n")
    given = deploy.chosen_parameters("dev", env_file, None)
    assert set(given) == set(declared)
    assert (given["Streaming"], given["ReservedConcurrency"]) == ("off", "off")
    assert given["GeminiModel"] == declared["GeminiModel"]["Default"]
    env_file.write_text(env_file.read_text().replace("STREAMING=off\nRESERVED_CONCURRENCY=off\n", ""))
    again = deploy.chosen_parameters("dev", env_file, None)
    assert (again["Streaming"], again["ReservedConcurrency"]) == ("on", "on")
    secrets.put_parameter(Name="/falaai/dev/GEMINI_API_KEY", Value="y" * 40, Type="SecureString", Overwrite=True)
    assert deploy.chosen_parameters("dev", env_file, None)["SecretVersions"] != again["SecretVersions"]


def test_sam_reads_each_parameter_as_it_was_written() -> None:
    given = {"Empty": "", "Text": 'a "b" c', "Path": "a\\b", "Pem": "-----BEGIN\nabc=\n-----END", "List": "a,b"}
    program = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type; "
        "print(json.dumps(Type().convert(tuple(sys.argv[1:]), None, None)))"
    )
    sam = ROOT / ".devcloud/sam/bin/python"
    read = subprocess.run(
        [sam, "-c", program, *map(deploy.override, given.items())],
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert json.loads(read.stdout) == given, read.stderr


def test_change_set_is_executed_and_gives_the_address(aws: dict[str, str]) -> None:
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="falaai-new", TemplateBody=json.dumps(TEMPLATE))
    assert deploy.newest_change_set("falaai-new", []) is None
    more = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "More": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_change_set(
        StackName="falaai-new", ChangeSetName="second", ChangeSetType="UPDATE", TemplateBody=json.dumps(more)
    )
    change_set = deploy.newest_change_set("falaai-new", [])
    assert change_set
    assert deploy.newest_change_set("falaai-new", [change_set]) is None  # left by an interrupted deployment
    assert deploy.execute("falaai-new", change_set) == "https://chat.example.org"
    assert "More" in {one["LogicalResourceId"] for one in deployment.stack_resources("falaai-new")}


def test_answer_of_no_leaves_database_and_stack_as_they_are(
    aws: dict[str, str],
    recorded: str,
    secrets: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only prod asks. sam has made a change set by then; nothing else was done."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", recorded)
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="falaai-prod", TemplateBody=json.dumps(TEMPLATE))
    more = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "More": {"Type": "AWS::SQS::Queue"}}}

    def make_change_set(*_: str) -> int:
        cloudformation.create_change_set(
            StackName="falaai-prod", ChangeSetName="new", ChangeSetType="UPDATE", TemplateBody=json.dumps(more)
        )
        return 0

    made = Made()
    monkeypatch.setattr(deploy, "sam", make_change_set)
    monkeypatch.setattr(deploy.subprocess, "call", made)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    (tmp_path / ".env.prod").write_text("DB_HOST=127.0.0.1\nDB_USER=falaai\nEMAIL_USER=falaai@localhost.test\n")
    with pytest.raises(SystemExit):
        deploy.main("prod", str(tmp_path / ".env.prod"))
    assert "nothing was changed, in the database or on AWS" in capsys.readouterr().err
    assert made.targets == []
    left = cloudformation.list_change_sets(StackName="falaai-prod")["Summaries"]
    assert [one for one in left if one["StackName"] == "falaai-prod"] == []  # moto lists those of other stacks too
    assert "More" not in {one["LogicalResourceId"] for one in deployment.stack_resources("falaai-prod")}
    cloudformation.delete_stack(StackName="falaai-prod")


class FailingStack:
    """CloudFormation as it answers when a stack cannot be created: recorded answers, and the calls that followed."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "REVIEW_IN_PROGRESS"}]}

    def execute_change_set(self, **_: str) -> None:
        self.calls.append("execute")

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        reason = "decreases account's UnreservedConcurrentExecution below its minimum value of [10]"
        event = {
            "LogicalResourceId": "AuthFunction",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": reason,
        }
        start = {"LogicalResourceId": "falaai-dev", "ResourceStatus": "CREATE_IN_PROGRESS"}
        earlier = {"LogicalResourceId": "Monitoring", "ResourceStatus": "UPDATE_FAILED"}
        return {"StackEvents": [event, start, earlier]}

    def get_waiter(self, name: str) -> "FailingStack":
        self.calls.append(name)
        return self

    def wait(self, **_: Any) -> None:
        if self.calls[-1] == "stack_create_complete":
            raise WaiterError("StackCreateComplete", "Waiter encountered a terminal failure state", {})


def test_stack_that_could_not_be_created_is_deleted_so_that_it_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = FailingStack()
    monkeypatch.setattr(deploy, "client", lambda _: failing)
    with pytest.raises(SystemExit):
        deploy.execute("falaai-dev", {"ChangeSetId": "first"})
    assert failing.calls == ["execute", "stack_create_complete", "delete", "stack_delete_complete"]
    said = capsys.readouterr().err
    assert "AuthFunction: decreases account's UnreservedConcurrentExecution" in said
    assert "Monitoring" not in said
    assert "was deleted" in said


def test_smoke_test_finds_a_database_that_is_away_and_a_missing_stream(
    recorded: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke, "SECONDS", HANG_SECONDS)
    RECORDED.update({"/live/health": {"status": "ok"}, "/live/login": {}, "/live/chat/stream": 401})
    assert smoke.main(f"{recorded}/live") == 0
    RECORDED["/live/health"], RECORDED["/live/chat/stream"] = 503, 404
    assert smoke.main(f"{recorded}/live") == 1
    said = capsys.readouterr().err
    assert "/health?deep=1 answered 503 instead of 200; a 503 is the database" in said
    assert "POST /chat/stream answered 404 instead of 401" in said
    RECORDED["/live/health"] = {"status": "ok"}
    assert smoke.main(f"{recorded}/live", "off") == 0


def test_what_an_env_file_gives_are_parameters_of_the_template() -> None:
    given = set(deployment.PARAMETERS.values())
    parameters = parse((ROOT / "template.yaml").read_text())["Parameters"]
    assert len(given) > 15
    assert given <= set(parameters)
    assert {name for name, one in parameters.items() if "Default" not in one} <= given


def test_deployments_share_neither_stack_nor_secrets_nor_uploads() -> None:
    """sam deletes uploads by their names, which are hashes of their content."""
    tables = [deployment.configuration(environment) for environment in ("dev", "prod")]
    for table in tables:
        assert table["deploy"]["parameters"]["s3_prefix"] == table["global"]["parameters"]["stack_name"]
        assert table["deploy"]["parameters"]["on_failure"] == "DELETE"  # of a stack that was never complete
    assert len({table["deploy"]["parameters"]["s3_prefix"] for table in tables}) == 2
    dev, prod = (deployment.fixed_parameters(environment) for environment in ("dev", "prod"))
    assert not {dev[name] for name in deployment.SECRETS} & {prod[name] for name in deployment.SECRETS}


def test_sam_is_run_without_its_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(subprocess, "call", lambda *_, env, **__: seen.append(env["SAM_CLI_TELEMETRY"]) or 0)
    assert deployment.sam("--version") == 0
    assert seen == ["0"]
