"""One deployment, dev or prod: its settings in samconfig.toml and its .env file, and clients for its account."""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError
from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
SAM = ROOT / ".devcloud/sam/bin/sam"
SECRETS = {
    "DbPassword": "DB_PASSWORD",
    "SessionSecretKey": "SESSION_SECRET_KEY",
    "GeminiApiKey": "GEMINI_API_KEY",
    "SendgridApiKey": "SENDGRID_API_KEY",
}
# The operator's own secret; no function reads it.
BACKUP_KEY = "BACKUP_KEY"
# Variables of the .env file and the parameters of the template that they set.
PARAMETERS = {
    "DB_HOST": "DbHost",
    "DB_PORT": "DbPort",
    "DB_NAME": "DbName",
    "DB_USER": "DbUser",
    "DB_CA": "DbCa",
    "EMAIL_USER": "EmailUser",
    "OPERATOR_NAME": "OperatorName",
    "CONTACT_EMAIL": "ContactEmail",
    "SIGNUP": "SignUp",
    "DOLLAR_IN_REAIS": "DollarInReais",
    "ADMIN_EMAILS": "AdminEmails",
    "PUBLIC_URL": "PublicUrl",
    "DOMAIN_NAME": "DomainName",
    "CERTIFICATE_ARN": "CertificateArn",
    "HOSTED_ZONE_ID": "HostedZoneId",
    "ALARM_EMAIL": "AlarmEmail",
    "MONTHLY_BUDGET": "MonthlyBudget",
    "GEMINI_MODEL": "GeminiModel",
    "GEMINI_MODEL_THINK": "GeminiModelThink",
    "GEMINI_PLAN": "GeminiPlan",
    "RETENTION_DAYS": "RetentionDays",
    "DAILY_MESSAGES": "DailyMessages",
    "DAILY_CEILING": "DailyCeiling",
    "DAILY_MEGABYTES": "DailyMegabytes",
    "DAILY_THINK_MESSAGES": "DailyThinkMessages",
    "DAILY_THINK_CEILING": "DailyThinkCeiling",
    "DAILY_SEARCHES": "DailySearches",
    "DAILY_SEARCH_CEILING": "DailySearchCeiling",
    "REQUESTS_PER_SECOND": "RequestsPerSecond",
    "REQUEST_BURST": "RequestBurst",
    "STREAMING": "Streaming",
    "TRACING": "Tracing",
    "ALARMS": "Alarms",
    "ACCESS_LOGS": "AccessLogs",
    "RESERVED_CONCURRENCY": "ReservedConcurrency",
    "LOG_LEVEL": "LogLevel",
}
REQUIRED = ("DB_HOST", "DB_USER", "EMAIL_USER")


class _TemplateLoader(yaml.SafeLoader):
    """SafeLoader that replaces values with CloudFormation's short tags by None: parameters have no such values."""


_TemplateLoader.add_multi_constructor("!", lambda *_: None)


def fail(sentence: str) -> "SystemExit":
    print(sentence, file=sys.stderr)
    return SystemExit(1)


def configuration(environment: str) -> dict[str, Any]:
    """Return the tables of dev or prod in samconfig.toml."""
    tables = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    if "deploy" not in tables.get(environment, {}):
        known = ", ".join(name for name, table in tables.items() if isinstance(table, dict) and "deploy" in table)
        raise fail(f"There is no deployment “{environment}” in samconfig.toml; known: {known}.")
    return dict(tables[environment])


def stack_name(environment: str) -> str:
    return str(configuration(environment)["global"]["parameters"]["stack_name"])


def fixed_parameters(environment: str) -> dict[str, str]:
    """Return the template's parameters that samconfig.toml sets, with the names of the secrets."""
    pairs = configuration(environment)["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


def backup_key_name(environment: str) -> str:
    """Return the name of the SSM parameter beside those of the other secrets."""
    return fixed_parameters(environment)["DbPassword"].rpartition("/")[0] + f"/{BACKUP_KEY}"


def env_values(env_file: Path) -> dict[str, str]:
    if not env_file.exists():
        raise fail(
            f"There is no {env_file}; copy .env.example and set the database and the sender of this deployment."
        )
    return {name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value}


def default_parameters() -> dict[str, str]:
    """Return the defaults of template.yaml as text. Parameters without one are not among them."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    template = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}


def parameters(environment: str, env_file: Path) -> dict[str, str]:
    """Return all parameters of a deployment.

    sam keeps the previous value of each parameter that it does not get. Therefore pass all of them, so that a changed
    default of the template, or a line removed from the .env file, takes effect.
    """
    own = {PARAMETERS[name]: value for name, value in env_values(env_file).items() if name in PARAMETERS}
    return {**default_parameters(), **fixed_parameters(environment), **own}


def secret_versions(names: list[str]) -> str:
    """Return a text that changes when one of the SSM parameters gets another version."""
    found = client("ssm").get_parameters(Names=names)["Parameters"]
    versions = " ".join(f"{one['Name']}:{one['Version']}" for one in sorted(found, key=lambda one: one["Name"]))
    return hashlib.sha256(versions.encode()).hexdigest()[:16]


def find_stack(name: str) -> dict[str, Any] | None:
    """Return the description of a stack, or None if CloudFormation does not know it."""
    try:
        return dict(client("cloudformation").describe_stacks(StackName=name)["Stacks"][0])
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def stack_resources(name: str) -> list[dict[str, Any]]:
    """Return the resources that exist in a stack: those with a physical id."""
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    return [one for page in pages for one in page["StackResourceSummaries"] if one.get("PhysicalResourceId")]


def sam(*arguments: str) -> int:
    """Run sam, without its telemetry. Returns its exit code."""
    return subprocess.call([SAM, *arguments], cwd=ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"})


def client(service: str, config: Config | None = None) -> Any:
    """Return a client for the account and region of the AWS credentials."""
    return boto3.client(service, region_name=region(), config=config)  # type: ignore[call-overload]


def region() -> str:
    found = boto3.Session().region_name
    if not found:
        raise fail("No AWS region is chosen; set AWS_DEFAULT_REGION, or `region` in your AWS profile.")
    return str(found)
