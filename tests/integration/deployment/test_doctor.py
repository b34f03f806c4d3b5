"""The check before a deployment names all missing parts with their remedies."""

import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations import concurrency
from tests.support.deployments import ACCOUNT_SETTINGS, NEVER_COMPLETE, RECORDED, TEMPLATE, limits, run, stack_in


def doctor(
    aws: dict[str, str], recorded: str, env_file: Path, name: str = "dev"
) -> "subprocess.CompletedProcess[str]":
    return run("doctor", name, str(env_file), aws={**aws, "AWS_ENDPOINT_URL_LAMBDA": recorded})


def test_doctor_finds_nothing_missing(aws: dict[str, str], recorded: str, secrets: Any, env_file: Path) -> None:
    said = doctor(aws, recorded, env_file)
    assert (said.returncode, said.stderr) == (0, "")
    assert "dev can be deployed to account 123456789012, region us-east-1" in said.stdout
    assert "250 of the account's 1000 concurrent executions are reserved" in said.stdout


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
        (349, 349, None, "off"),
        (350, 350, None, "on"),
        (1000, 349, None, "off"),
        (1000, 100, "on", "on"),
        (350, 99, "on", "off"),
        (350, 350, "off", "on"),
    ],
)
def test_concurrency_is_reserved_if_the_account_can(
    recorded: str, monkeypatch: pytest.MonkeyPatch, total: int, unreserved: int, stands_with: str | None, choice: str
) -> None:
    """250 for the web functions, 100 that Lambda keeps; a standing stack's own 250 are its to keep."""
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
