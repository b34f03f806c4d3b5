"""The programs around a deployment, against moto's AWS: secrets asked for, looked for, and a stack not deleted."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from devcloud.intrinsics import parse
from tests.support.paths import ROOT
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS

ANSWERS = {
    "DB_PASSWORD": "senha do banco de dados",
    "SESSION_SECRET_KEY": "",
    "GEMINI_API_KEY": "chave-do-gemini-000000000",
    "SENDGRID_API_KEY": "SG.chave-do-sendgrid-0000",
}


@pytest.fixture
def aws(cloud: RunningCloud) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": str(cloud.addresses["aws"]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
        "PATH": os.environ["PATH"],
    }


@pytest.fixture
def ssm(aws: dict[str, str]) -> Any:
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    ssm = boto3.client("ssm", endpoint_url=aws["AWS_ENDPOINT_URL"], region_name="us-east-1", **credentials)
    ssm.delete_parameters(Names=[f"/falaai/dev/{name}" for name in ANSWERS])
    return ssm


def run(program: str, *arguments: str, aws: dict[str, str], typed: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "operations" / program), *arguments]
    return subprocess.run(command, env=aws, input=typed, capture_output=True, text=True, timeout=HANG_SECONDS)


def at_a_terminal(aws: dict[str, str], answers: list[str]) -> str:
    """All that a person at a terminal sees while answering."""
    person, terminal = pty.openpty()
    command = [sys.executable, str(ROOT / "operations/store_secrets.py"), "dev"]
    ends = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    with subprocess.Popen(command, env=aws, start_new_session=True, **ends) as program:  # type: ignore[call-overload]
        os.close(terminal)
        seen = b""
        while piece := _read(person):
            seen += piece
            if seen.endswith(b": ") and answers:
                os.write(person, answers.pop(0).encode() + b"\n")
    os.close(person)
    assert program.returncode == 0, seen.decode()
    return seen.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # what Linux says when nobody is at the other end any more
        return b""


def test_secrets_are_stored_encrypted_and_never_seen(aws: dict[str, str], ssm: Any) -> None:
    seen = at_a_terminal(aws, list(ANSWERS.values()))
    assert seen.count("stored") == 4
    assert [value for value in ANSWERS.values() if value and value in seen] == []
    for name, value in ANSWERS.items():
        parameter = ssm.get_parameter(Name=f"/falaai/dev/{name}", WithDecryption=True)["Parameter"]
        assert parameter["Type"] == "SecureString"
        assert parameter["Value"] == value or (name == "SESSION_SECRET_KEY" and len(parameter["Value"]) == 64)
    again = at_a_terminal(aws, ["", "", "", "chave-nova-do-sendgrid"])
    assert (again.count("unchanged"), again.count("stored")) == (3, 1)


def test_weak_secret_is_asked_for_again(aws: dict[str, str], ssm: Any) -> None:
    seen = at_a_terminal(aws, ["changeme", "s", "", "curta", ANSWERS["GEMINI_API_KEY"], "chave-do-sendgrid-000"])
    assert "is still a placeholder" in seen
    assert "GEMINI_API_KEY is too short" in seen
    assert ssm.get_parameter(Name="/falaai/dev/DB_PASSWORD", WithDecryption=True)["Parameter"]["Value"] == "s"


def test_deployment_without_its_secrets_or_settings_stops_with_a_sentence(
    aws: dict[str, str], ssm: Any, tmp_path: Path
) -> None:
    env_file = tmp_path / ".env.dev"
    assert "copy .env.example" in run("deploy.py", "dev", str(env_file), "--check", aws=aws).stderr
    env_file.write_text("DB_HOST=db.test\nEMAIL_USER=falaai@localhost.test\n")
    assert "does not set DB_USER" in run("deploy.py", "dev", str(env_file), "--check", aws=aws).stderr
    env_file.write_text(env_file.read_text() + "DB_USER=falaai\n")
    refused = run("deploy.py", "dev", str(env_file), "--check", aws=aws)
    assert "run make secrets ENV=dev first" in refused.stderr
    assert refused.returncode == 1
    for name in ANSWERS:
        ssm.put_parameter(Name=f"/falaai/dev/{name}", Value="x" * 40, Type="SecureString")
    assert run("deploy.py", "dev", str(env_file), "--check", aws=aws).returncode == 0
    assert "known: dev, prod" in run("deploy.py", "staging", str(env_file), "--check", aws=aws).stderr


def test_what_an_env_file_gives_are_parameters_of_the_template() -> None:
    source = (ROOT / "operations/deployment.py").read_text()
    given = set(re.findall(r'"[A-Z_]+": "([A-Z]\w+)"', source))
    parameters = parse((ROOT / "template.yaml").read_text())["Parameters"]
    assert len(given) > 15
    assert given <= set(parameters)
    assert {name for name, one in parameters.items() if "Default" not in one} <= given


def test_stack_is_deleted_only_by_its_name(aws: dict[str, str]) -> None:
    assert "there is no stack falaai-dev" in run("destroy.py", "dev", aws=aws, typed="falaai-dev\n").stderr
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    cloudformation = boto3.client(
        "cloudformation", endpoint_url=aws["AWS_ENDPOINT_URL"], region_name="us-east-1", **credentials
    )
    cloudformation.create_stack(
        StackName="falaai-dev", TemplateBody='{"Resources": {"PicturesBucket": {"Type": "AWS::S3::Bucket"}}}'
    )
    refused = run("destroy.py", "dev", aws=aws, typed="yes\n")
    assert "nothing was deleted" in refused.stderr
    assert "/falaai/dev/GEMINI_API_KEY" in refused.stdout
    assert cloudformation.describe_stacks(StackName="falaai-dev")["Stacks"]
    cloudformation.delete_stack(StackName="falaai-dev")
