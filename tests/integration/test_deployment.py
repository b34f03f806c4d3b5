"""The programs around a deployment, against moto's AWS and recorded answers where moto has none."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError
from moto.cloudformation.models import cloudformation_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from devcloud.intrinsics import parse
from devcloud.template import read_template
from operations import cleanup_preview, concurrency, deploy, deployment, destroy, smoke, store_secrets
from tests.support import terminal
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

ANSWERS = {
    "DB_PASSWORD": "senha do banco de dados",
    "SESSION_SECRET_KEY": "",
    "GEMINI_API_KEY": "chave-do-gemini-000000000",
    "SENDGRID_API_KEY": "SG.chave-do-sendgrid-0000",
    "BACKUP_KEY": "",
}
GENERATED = ("SESSION_SECRET_KEY", "BACKUP_KEY")


# Answers of services that moto does not have, as AWS and SendGrid document them.
ACCOUNT_SETTINGS = "/2016-08-19/account-settings"
RECORDED: dict[str, Any] = {
    "/v3/verified_senders": {"results": [{"from_email": "falaai@localhost.test", "verified": True}]},
    "/v3/whitelabel/domains": [{"domain": "example.org", "valid": True}],
}


TEMPLATE = {
    "Resources": {"PicturesBucket": {"Type": "AWS::S3::Bucket"}, "Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"Url": {"Value": "https://chat.example.org"}},
}
# States of a stack whose creation failed.
NEVER_COMPLETE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
LEFT = (*NEVER_COMPLETE, "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")


def leave_stack_in(state: str) -> None:
    """Make the stack falaai-dev, and let CloudFormation report this state."""
    boto3.client("cloudformation").create_stack(StackName="falaai-dev", TemplateBody=json.dumps(TEMPLATE))
    cloudformation_backends["123456789012"]["us-east-1"].get_stack("falaai-dev").status = state


@contextmanager
def stack_in(state: str) -> Iterator[None]:
    leave_stack_in(state)
    yield
    boto3.client("cloudformation").delete_stack(StackName="falaai-dev")


def limits(total: int, unreserved: int) -> dict[str, Any]:
    return {"AccountLimit": {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}}


class Recorded(BaseHTTPRequestHandler):
    """Answers from RECORDED, of the status that a number stands for."""

    def do_GET(self) -> None:
        answer = RECORDED.get(self.path.partition("?")[0].rstrip("/"), 404)
        body = b"{}" if isinstance(answer, int) else json.dumps(answer).encode()
        self.send_response(answer if isinstance(answer, int) else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests free of requests."""


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, recorded: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the programs and of this process, for an account with 1,000 concurrent executions."""
    RECORDED[ACCOUNT_SETTINGS] = limits(1000, 1000)
    variables = {
        "AWS_ENDPOINT_URL": moto,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "SENDGRID_BASE_URL": recorded,
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return {**variables, "PATH": os.environ["PATH"]}


@pytest.fixture
def ssm(aws: dict[str, str]) -> Any:
    ssm = boto3.client("ssm")
    ssm.delete_parameters(Names=[f"/falaai/dev/{name}" for name in ANSWERS])
    return ssm


def run(program: str, *arguments: str, aws: dict[str, str], typed: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"operations.{program}", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=aws, input=typed, capture_output=True, text=True, timeout=HANG_SECONDS
    )


def at_a_terminal(aws: dict[str, str], answers: list[str], environment: str = "dev") -> str:
    """Return everything that a person sees while answering the questions for the secrets."""
    command = [sys.executable, "-m", "operations.store_secrets", environment]
    code, seen = terminal.at_a_terminal(command, aws, answers)
    assert code == 0, seen
    return seen


def test_secrets_are_stored_encrypted_and_never_seen(aws: dict[str, str], ssm: Any) -> None:
    seen = at_a_terminal(aws, list(ANSWERS.values()))
    assert seen.count("stored") == 5
    assert [value for value in ANSWERS.values() if value and value in seen] == []
    for name, value in ANSWERS.items():
        parameter = ssm.get_parameter(Name=f"/falaai/dev/{name}", WithDecryption=True)["Parameter"]
        assert parameter["Type"] == "SecureString"
        assert parameter["Value"] == value or (name in GENERATED and len(parameter["Value"]) == 64)
    again = at_a_terminal(aws, ["", "", "", "chave-nova-do-sendgrid", ""])
    assert (again.count("unchanged"), again.count("stored")) == (4, 1)


def test_weak_secret_is_asked_for_again(aws: dict[str, str], ssm: Any) -> None:
    seen = at_a_terminal(aws, ["changeme", "s", "", "curta", ANSWERS["GEMINI_API_KEY"], "chave-do-sendgrid-000", ""])
    assert "is still a placeholder" in seen
    assert "GEMINI_API_KEY is too short" in seen
    assert ssm.get_parameter(Name="/falaai/dev/DB_PASSWORD", WithDecryption=True)["Parameter"]["Value"] == "s"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env.dev"
    path.write_text(
        "DB_HOST=gateway01.us-east-1.prod.aws.tidbcloud.com\nDB_USER=falaai\nEMAIL_USER=falaai@localhost.test\n"
        "DB_PASSWORD=ssm:/falaai/dev/DB_PASSWORD\n"
    )
    return path


@pytest.fixture
def secrets(ssm: Any) -> Any:
    for name in ANSWERS:
        ssm.put_parameter(Name=f"/falaai/dev/{name}", Value="x" * 40, Type="SecureString", Overwrite=True)
    return ssm


def doctor(
    aws: dict[str, str], recorded: str, env_file: Path, name: str = "dev"
) -> "subprocess.CompletedProcess[str]":
    return run("doctor", name, str(env_file), aws={**aws, "AWS_ENDPOINT_URL_LAMBDA": recorded})


def test_doctor_finds_nothing_missing(aws: dict[str, str], recorded: str, secrets: Any, env_file: Path) -> None:
    said = doctor(aws, recorded, env_file)
    assert (said.returncode, said.stderr) == (0, "")
    assert "dev can be deployed to account 123456789012, region us-east-1" in said.stdout
    assert "220 of the account's 1000 concurrent executions are reserved" in said.stdout


def test_doctor_names_all_missing_parts_at_once_with_their_remedies(
    aws: dict[str, str], recorded: str, ssm: Any, env_file: Path
) -> None:
    ssm.put_parameter(Name="/falaai/dev/SENDGRID_API_KEY", Value="x" * 40, Type="SecureString")
    certificate = boto3.client("acm").request_certificate(DomainName="other.example.org")["CertificateArn"]
    boto3.client("apigateway")  # moto's account has no role for logs
    env_file.write_text(
        "DB_HOST=gateway01.eu-central-1.prod.aws.tidbcloud.com\nEMAIL_USER=stranger@localhost.test\nACCESS_LOGS=on\n"
        f"DOMAIN_NAME=chat.example.org\nCERTIFICATE_ARN={certificate}\nMONTHLY_BUDGET=10\nBACKUP_TO=backups\n"
    )
    said = doctor(aws, recorded, env_file)
    assert said.returncode == 1
    for sentence in (
        "DB_USER is not set",
        "DB_PASSWORD=ssm:/falaai/dev/DB_PASSWORD",
        "MONTHLY_BUDGET is set without ALARM_EMAIL",
        "BACKUP_KEY is not set in the .env file: BACKUP_KEY=ssm:/falaai/dev/BACKUP_KEY",
        "set AWS_DEFAULT_REGION=eu-central-1",
        "SSM in us-east-1 does not have /falaai/dev/DB_PASSWORD",
        "run make secrets ENV=dev",
        "the certificate is for other.example.org, not for chat.example.org",
        "ACCESS_LOGS=on needs the role",
        "SendGrid does not know stranger@localhost.test as a verified sender",
    ):
        assert sentence in said.stderr, sentence
    assert "known: dev, prod" in doctor(aws, recorded, env_file, "staging").stderr
    assert "copy .env.example" in doctor(aws, recorded, env_file.with_name("none")).stderr


def test_doctor_counts_one_problem_in_the_singular(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path
) -> None:
    env_file.write_text(f"{env_file.read_text()}MONTHLY_BUDGET=10\n")
    said = doctor(aws, recorded, env_file)
    assert said.returncode == 1
    assert "doctor: 1 problem; dev cannot be deployed yet" in said.stderr


def test_doctor_lets_a_key_pass_that_may_only_send(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECORDED, "/v3/verified_senders", 403)
    env_file.write_text(env_file.read_text().replace("falaai@localhost", "stranger@localhost"))
    assert doctor(aws, recorded, env_file).returncode == 0


@pytest.mark.parametrize(
    ("total", "unreserved", "stands_with", "choice"),
    [
        (10, 10, None, "off"),
        (319, 319, None, "off"),
        (320, 320, None, "on"),
        (1000, 319, None, "off"),
        (1000, 100, "on", "on"),
        (320, 99, "on", "off"),
        (320, 320, "off", "on"),
    ],
)
def test_concurrency_is_reserved_if_the_account_can(
    recorded: str, monkeypatch: pytest.MonkeyPatch, total: int, unreserved: int, stands_with: str | None, choice: str
) -> None:
    """220 for the web functions, 100 that Lambda keeps; a standing stack's own 220 are its to keep."""
    monkeypatch.setitem(RECORDED, ACCOUNT_SETTINGS, limits(total, unreserved))
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", recorded)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    given = [{"ParameterKey": "ReservedConcurrency", "ParameterValue": stands_with}] if stands_with else []
    chosen, reason = concurrency.choose({"Parameters": given} if stands_with else None)
    assert chosen == choice
    assert ("Service Quotas" in reason) == (choice == "off")


def test_doctor_asks_for_a_place_of_backups_once_there_is_a_deployment(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path
) -> None:
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="falaai-dev", TemplateBody=json.dumps(TEMPLATE))
    try:
        assert "BACKUP_TO is not set" in doctor(aws, recorded, env_file).stderr
        assert doctor({**aws, "BACKUP": "off"}, recorded, env_file).returncode == 0
        env_file.write_text(env_file.read_text() + "BACKUP_TO=backups\nBACKUP_KEY=ssm:/falaai/dev/BACKUP_KEY\n")
        assert doctor(aws, recorded, env_file).returncode == 0
    finally:
        cloudformation.delete_stack(StackName="falaai-dev")


def test_doctor_names_a_bucket_of_backups_that_does_not_exist(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path
) -> None:
    env_file.write_text(
        env_file.read_text() + "BACKUP_TO=s3://falaai-copies/prod\nBACKUP_KEY=ssm:/falaai/dev/BACKUP_KEY\n"
    )
    assert "the bucket falaai-copies of BACKUP_TO does not exist" in doctor(aws, recorded, env_file).stderr
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="falaai-copies")
    assert doctor(aws, recorded, env_file).returncode == 0
    s3.delete_bucket(Bucket="falaai-copies")


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        *((state, "run make destroy ENV=dev, then deploy") for state in NEVER_COMPLETE),
        ("DELETE_FAILED", "run make destroy ENV=dev again, then deploy"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name falaai-dev, then deploy"),
        ("UPDATE_IN_PROGRESS", "wait until that has ended"),
        ("REVIEW_IN_PROGRESS", ""),
        ("UPDATE_ROLLBACK_COMPLETE", ""),
    ],
)
def test_doctor_names_the_remedy_of_each_state_in_which_a_stack_was_left(
    aws: dict[str, str], recorded: str, secrets: Any, env_file: Path, state: str, remedy: str
) -> None:
    with stack_in(state):
        said = doctor({**aws, "BACKUP": "off"}, recorded, env_file)
    assert (remedy in said.stderr, said.returncode) == (True, int(bool(remedy)))
    assert ("the stack falaai-dev is in state" in said.stderr) == bool(remedy)


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


def test_stored_secret_restarts_every_function_of_the_stack_once(aws: dict[str, str], secrets: Any) -> None:
    role = {"Version": "2012-10-17", "Statement": []}
    arn = boto3.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(role))["Role"]["Arn"]
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": arn,
            "Code": {"ZipFile": "handler = print"},
            "Environment": {"Variables": {"DB_NAME": "falaai_db", "SECRET_VERSIONS": "old"}},
        },
    }
    boto3.client("cloudformation").create_stack(
        StackName="falaai-dev", TemplateBody=json.dumps({"Resources": {"One": function, "Two": function}})
    )
    names = deployment.fixed_parameters("dev")
    versions = deployment.secret_versions([names[one] for one in deployment.SECRETS])
    assert store_secrets.restart("falaai-dev", versions) == 2
    for one in boto3.client("lambda").list_functions()["Functions"]:
        assert one["Environment"]["Variables"] == {"DB_NAME": "falaai_db", "SECRET_VERSIONS": versions}
    assert store_secrets.restart("falaai-dev", versions) == 0
    boto3.client("cloudformation").delete_stack(StackName="falaai-dev")


def test_what_an_env_file_gives_are_parameters_of_the_template() -> None:
    given = set(deployment.PARAMETERS.values())
    parameters = parse((ROOT / "template.yaml").read_text())["Parameters"]
    assert len(given) > 15
    assert given <= set(parameters)
    assert {name for name, one in parameters.items() if "Default" not in one} <= given


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
