"""`make secrets` stores what a person types, and restarts the functions that use it."""

import json
from typing import Any

import boto3

from operations import deployment, store_secrets
from tests.support.deployments import ANSWERS, GENERATED, at_a_terminal


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
