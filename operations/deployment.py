"""Parameters of the deployment dev or prod, from samconfig.toml and its .env file."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {
    "DbPassword": "DB_PASSWORD",
    "SessionSecretKey": "SESSION_SECRET_KEY",
    "GeminiApiKey": "GEMINI_API_KEY",
    "SendgridApiKey": "SENDGRID_API_KEY",
}
# Variables of an .env file, and the parameters of template.yaml that they set.
PARAMETERS = {
    "DB_HOST": "DbHost",
    "DB_PORT": "DbPort",
    "DB_NAME": "DbName",
    "DB_USER": "DbUser",
    "EMAIL_USER": "EmailUser",
    "PUBLIC_URL": "PublicUrl",
    "DOMAIN_NAME": "DomainName",
    "CERTIFICATE_ARN": "CertificateArn",
    "HOSTED_ZONE_ID": "HostedZoneId",
    "ALARM_EMAIL": "AlarmEmail",
    "GEMINI_MODEL": "GeminiModel",
    "RETENTION_DAYS": "RetentionDays",
    "DAILY_MESSAGES": "DailyMessages",
    "DAILY_CEILING": "DailyCeiling",
    "REQUESTS_PER_SECOND": "RequestsPerSecond",
    "REQUEST_BURST": "RequestBurst",
    "STREAMING": "Streaming",
    "TRACING": "Tracing",
    "ALARMS": "Alarms",
    "RESERVED_CONCURRENCY": "ReservedConcurrency",
    "LOG_LEVEL": "LogLevel",
}
NEEDED = ("DB_HOST", "DB_USER", "EMAIL_USER")


def fail(sentence: str) -> "SystemExit":
    print(sentence, file=sys.stderr)
    return SystemExit(1)


def configuration(environment: str) -> dict[str, Any]:
    """Return the tables of this deployment in samconfig.toml."""
    tables = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    if "deploy" not in tables.get(environment, {}):
        known = ", ".join(name for name, table in tables.items() if isinstance(table, dict) and "deploy" in table)
        raise fail(f"There is no deployment “{environment}” in samconfig.toml; known: {known}.")
    return dict(tables[environment])


def fixed_parameters(environment: str) -> dict[str, str]:
    """Return the parameters that samconfig.toml sets, including the names of the secrets."""
    pairs = configuration(environment)["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


def own_parameters(env_file: Path) -> dict[str, str]:
    """Return the parameters that the .env file sets. None of them is a secret."""
    if not env_file.exists():
        raise fail(f"There is no {env_file}; copy .env.example and set database and sender.")
    values = dotenv_values(env_file, interpolate=False)
    if missing := [name for name in NEEDED if not values.get(name)]:
        raise fail(f"{env_file} does not set {', '.join(missing)}.")
    return {PARAMETERS[name]: value for name, value in values.items() if name in PARAMETERS and value}


def client(service: str) -> Any:
    """Return a client for the account and region of your AWS credentials."""
    return boto3.client(service, region_name=region())  # type: ignore[call-overload]


def region() -> str:
    found = boto3.Session().region_name
    if not found:
        raise fail("No AWS region is chosen; set AWS_DEFAULT_REGION, or `region` in your AWS profile.")
    return str(found)
