"""Stacks of moto's CloudFormation, recorded answers where moto has none, and runs of the deployment programs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import boto3
from moto.cloudformation.models import cloudformation_backends

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
