"""Secrets as on AWS, in SSM, and their rotation by one command: each function uses the new value at once."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import boto3
import httpx
import pytest

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from operations.deployment import SECRETS, fixed_parameters
from tests.support.attachments import attach, wav
from tests.support.people import People, product_of, signed_in
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.terminal import at_a_terminal
from tests.support.waiting import wait_until

NAMES = {variable: fixed_parameters("dev")[parameter] for parameter, variable in SECRETS.items()}
# Some of these are more than a prompt holds, so the oldest turns are summarized.
LONG = "palavra1 " * 850


@pytest.fixture
def people(deployed: RunningCloud) -> Iterator[People]:
    people = People(deployed)
    yield people
    people.close()


@pytest.fixture(scope="module")
def deployed(module_tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud like the deployment dev: its functions read their secrets from SSM, and its stack can be listed."""
    chosen = [f"{parameter}={NAMES[variable]}" for parameter, variable in SECRETS.items()]
    parameters = [argument for one in chosen for argument in ("--parameter", one)]
    cloud = start_cloud(module_tmp_path, *parameters)
    for name in functions(cloud):
        move_secrets_to_ssm(cloud, name)
    create_stack(cloud)
    yield cloud
    assert cloud.stop() == 0


def environment(cloud: RunningCloud) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "layers/shared/python",
        "AWS_ENDPOINT_URL": str(cloud.addresses["aws"]),
        "AWS_ENDPOINT_URL_LAMBDA": cloud.lambda_api,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "devcloud",
        "AWS_SECRET_ACCESS_KEY": "devcloud",
    }


def client(cloud: RunningCloud, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.lambda_api if service == "lambda" else cloud.addresses["aws"],
        region_name="us-east-1",
        aws_access_key_id="devcloud",
        aws_secret_access_key="devcloud",
    )


def functions(cloud: RunningCloud) -> list[str]:
    return [one["name"] for one in httpx.get(f"{cloud.lambda_api}/functions.json").json()]


def variables(cloud: RunningCloud, function: str) -> dict[str, str]:
    found = client(cloud, "lambda").get_function_configuration(FunctionName=function)
    return dict(found["Environment"]["Variables"])


def move_secrets_to_ssm(cloud: RunningCloud, function: str) -> None:
    there = variables(cloud, function)
    for variable, name in NAMES.items():
        if variable in there:
            client(cloud, "ssm").put_parameter(Name=name, Value=there[variable], Type="SecureString", Overwrite=True)
            there[variable] = f"ssm:{name}"
    client(cloud, "lambda").update_function_configuration(FunctionName=function, Environment={"Variables": there})


def create_stack(cloud: RunningCloud) -> None:
    """Make the stack by which the command finds the functions. Their variables are those of devcloud."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = client(cloud, "iam").create_role(RoleName="f", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    code = {"Runtime": "python3.13", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": "handler = print"}}
    resources = {
        name: {"Type": "AWS::Lambda::Function", "Properties": {**code, "FunctionName": name}}
        for name in functions(cloud)
    }
    client(cloud, "cloudformation").create_stack(
        StackName="falaai-dev", TemplateBody=json.dumps({"Resources": resources})
    )


def use_every_function(cloud: RunningCloud, people: People) -> None:
    """Fail if a function cannot use one of its secrets."""
    member, stranger = people.member(), people.stranger()
    assert member.login().status_code == 200  # AuthFunction: database, session
    assert stranger.register().status_code == 201
    assert stranger.link()  # EmailFunction: database, SendGrid
    assert member.http.get("/admin").status_code == 403  # AdminFunction: database, session
    with member.stream("Oi") as events:  # ChatStreamFunction: database, session, Gemini
        names = [name for name, _ in events]
    assert names[-1] == "done"
    for _ in range(4):
        member.say(LONG)  # ChatFunction
    assert attach(member, wav())["estado"] == "pronto"  # AttachmentsFunction: database, session
    user = "(SELECT id FROM usuarios WHERE email = %s)"
    product = product_of(cloud)
    title = f"SELECT COUNT(*) FROM conversas WHERE id_usuario = {user} AND NOT titulo_provisorio"
    wait_until(lambda: product.value(title, member.email), "a title")  # TitlesFunction: database, Gemini
    summary = f"SELECT COUNT(*) FROM conversas WHERE id_usuario = {user} AND resumo_ate_seq > 0"
    wait_until(lambda: product.value(summary, member.email), "a summary")  # MemoryFunction: database, Gemini
    assert "sessions" in cloud.invoke("CleanupFunction", {})  # database
    assert member.http.post("/profile/exports").status_code == 202
    wait_until(
        lambda: member.http.get("/profile/exports").json()["exportacao"]["estado"] == "pronta", "an archive"
    )  # ExportFunction: database


def set_database_password(cloud: RunningCloud, password: str) -> None:
    address = cloud.addresses["database"]
    fields = {f"db_{name}": address[name] for name in ("host", "port", "user", "password", "name")}
    with connect(DatabaseSettings(**fields)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION() LIKE '%%TiDB%%'", ())
        (is_tidb,) = (cursor.fetchone() or {"": 0}).values()
        cursor.execute("SET PASSWORD = %s" if is_tidb else "SET PASSWORD = PASSWORD(%s)", (password,))
    address["password"] = password


def test_rotated_secret_is_used_by_every_function_from_the_next_request_on(
    deployed: RunningCloud, people: People
) -> None:
    """At once, and so within a minute: Lambda starts a new process for the first request after the command."""
    use_every_function(deployed, people)
    early = people.member()
    new = {variable: token_urlsafe(48) for variable in NAMES}
    set_database_password(deployed, new["DB_PASSWORD"])
    command = [sys.executable, "-m", "operations.store_secrets", "dev"]
    answers = [*new.values(), ""]  # the command makes the key of backups itself
    code, seen = at_a_terminal(command, environment(deployed), answers)
    assert (code, seen.count(": stored")) == (0, 5), seen
    assert "10 functions restarted" in seen
    assert [value for value in new.values() if value in seen] == []
    # The old keys are revoked; the old password is gone already.
    for fake, variable in (("gemini", "GEMINI_API_KEY"), ("sendgrid", "SENDGRID_API_KEY")):
        httpx.put(f"{deployed.addresses[fake]}/admin/keys", json={"keys": [new[variable]]}).raise_for_status()
    assert not signed_in(early)  # a new session key signs all users out
    use_every_function(deployed, people)
    for name in functions(deployed):
        assert not set(variables(deployed, name).values()) & set(new.values())


def test_command_with_nothing_new_restarts_nothing(deployed: RunningCloud) -> None:
    command = [sys.executable, "-m", "operations.store_secrets", "dev"]
    code, seen = at_a_terminal(command, environment(deployed), [""] * 5)
    assert (code, seen.count(": unchanged")) == (0, 5), seen
    assert "0 functions restarted" in seen
