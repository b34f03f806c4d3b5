"""List everything that a deployment lacks, at once: python -m operations.doctor dev .env.dev

Each line names one problem and its remedy. Nothing is changed. The exit status is 1 if there is a problem.
"""

import json
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations import concurrency
from operations.deployment import (
    BACKUP_KEY,
    REQUIRED,
    SECRETS,
    backup_key_name,
    client,
    env_values,
    find_stack,
    fixed_parameters,
    region,
    stack_name,
)

SENDGRID = "https://api.sendgrid.com"
SECONDS = 10
# States of a stack that CloudFormation does not update, and the remedy.
STUCK = {
    "ROLLBACK_COMPLETE": "it was never complete; run make destroy ENV={environment}, then deploy",
    "ROLLBACK_FAILED": "it was never complete; run make destroy ENV={environment}, then deploy",
    "CREATE_FAILED": "it was never complete; run make destroy ENV={environment}, then deploy",
    "DELETE_FAILED": "run make destroy ENV={environment} again, then deploy",
    "UPDATE_ROLLBACK_FAILED": "run aws cloudformation continue-update-rollback --stack-name {stack}, then deploy",
}

Problems = Iterator[str]


@dataclass(frozen=True)
class Target:
    """The deployment to examine: `values` are those of its .env file."""

    environment: str
    values: dict[str, str]


def main(environment: str, env_file: str) -> int:
    target = Target(environment, env_values(Path(env_file)))
    problems = list(_settings(target))
    account = _account()
    if not account:
        problems.append("AWS: no valid credentials; set AWS_PROFILE, or run aws configure")
    else:
        checks: tuple[Callable[[Target], Problems], ...] = (
            _database_region,
            _secrets,
            _stack,
            _backup,
            _certificate,
            _dns,
            _access_logs,
            _sender,
        )
        for check in checks:
            problems += _run(check, target)
    for problem in problems:
        print(f"  {problem}.", file=sys.stderr)
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        print(f"doctor: {count}; {environment} cannot be deployed yet", file=sys.stderr)
        return 1
    print(f"doctor: {environment} can be deployed to account {account}, region {region()}")
    print(f"doctor: {_concurrency(target)}.")
    return 0


def _run(check: Callable[[Target], Problems], target: Target) -> list[str]:
    """Run one check. If AWS refuses its request, report that as a problem and go on with the next check."""
    try:
        return list(check(target))
    except (ClientError, BotoCoreError) as error:
        return [f"AWS refused a check ({error}); are the credentials those of an administrator?"]


def _settings(target: Target) -> Problems:
    for name in REQUIRED:
        if name not in target.values:
            yield f"{name} is not set in the .env file"
    wanted = f"ssm:{fixed_parameters(target.environment)['DbPassword']}"
    if "DB_PASSWORD" not in target.values:
        yield f"DB_PASSWORD is not set in the .env file, and the migrations need it: DB_PASSWORD={wanted}"
    if "MONTHLY_BUDGET" in target.values and "ALARM_EMAIL" not in target.values:
        yield "MONTHLY_BUDGET is set without ALARM_EMAIL, which gets its emails"


def _account() -> str:
    try:
        return str(client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError):
        return ""


def _database_region(target: Target) -> Problems:
    found = re.search(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.", target.values.get("DB_HOST", ""))
    if found and found[1] != region():
        yield (
            f"the database is in {found[1]}, the functions would be in {region()}; each of about ten statements per "
            f"message would cross that distance: set AWS_DEFAULT_REGION={found[1]}"
        )


def _secrets(target: Target) -> Problems:
    names = [fixed_parameters(target.environment)[one] for one in SECRETS]
    if target.values.get(BACKUP_KEY, "").startswith("ssm:"):
        names.append(backup_key_name(target.environment))
    if missing := client("ssm").get_parameters(Names=names)["InvalidParameters"]:
        yield f"SSM in {region()} does not have {', '.join(missing)}; run make secrets ENV={target.environment}"


def _stack(target: Target) -> Problems:
    name = stack_name(target.environment)
    state = (find_stack(name) or {}).get("StackStatus", "")
    if remedy := STUCK.get(state):
        yield f"the stack {name} is in state {state}: {remedy.format(environment=target.environment, stack=name)}"
    elif state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        yield f"the stack {name} is in state {state}; wait until that has ended"


def _backup(target: Target) -> Problems:
    """Report missing settings of backups. A first deployment needs no place for backups: there are no data yet."""
    if os.environ.get("BACKUP") == "off":
        return
    if "BACKUP_TO" not in target.values:
        if find_stack(stack_name(target.environment)):
            yield "BACKUP_TO is not set; name a folder or s3://bucket/prefix for backups, or deploy with BACKUP=off"
        return
    if BACKUP_KEY not in target.values:
        yield f"{BACKUP_KEY} is not set in the .env file: {BACKUP_KEY}=ssm:{backup_key_name(target.environment)}"
    scheme, _, place = target.values["BACKUP_TO"].partition("://")
    if scheme == "s3":
        yield from _bucket(place.partition("/")[0])


def _bucket(name: str) -> Problems:
    try:
        client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "403":
            yield f"the bucket {name} of BACKUP_TO is another account's, or closed to you; choose another name"
        elif error.response["Error"]["Code"] == "404":
            yield f"the bucket {name} of BACKUP_TO does not exist; create it: aws s3 mb s3://{name}"
        else:
            raise


def _certificate(target: Target) -> Problems:
    domain, arn = target.values.get("DOMAIN_NAME"), target.values.get("CERTIFICATE_ARN")
    if not domain:
        return
    if not arn:
        yield f"DOMAIN_NAME is set without CERTIFICATE_ARN; request a certificate for {domain} in {region()}"
        return
    if arn.split(":")[3] != region():
        yield f"the certificate is in {arn.split(':')[3]}; request one for {domain} in {region()}"
        return
    certificate = client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    if certificate["Status"] != "ISSUED":
        yield f"the certificate is in state {certificate['Status']}; make the DNS record that ACM asks for, and wait"
    names = {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", [])}
    if not {domain, "*." + domain.partition(".")[2]} & names:
        yield f"the certificate is for {', '.join(sorted(names))}, not for {domain}"


def _dns(target: Target) -> Problems:
    domain, zone = target.values.get("DOMAIN_NAME", ""), target.values.get("HOSTED_ZONE_ID")
    if zone:
        found = client("route53").get_hosted_zone(Id=zone)["HostedZone"]["Name"].rstrip(".")
        if domain != found and not domain.endswith("." + found):
            yield f"the hosted zone is that of {found}, not one of {domain}"
    elif domain and (stack := find_stack(stack_name(target.environment))):
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        if "DomainTarget" in outputs and not _resolves(domain):
            yield f"{domain} has no DNS record; make a CNAME to {outputs['DomainTarget']}"


def _resolves(domain: str) -> bool:
    try:
        return bool(socket.getaddrinfo(domain, 443))
    except OSError:
        return False


def _access_logs(target: Target) -> Problems:
    if target.values.get("ACCESS_LOGS") == "on" and not client("apigateway").get_account().get("cloudwatchRoleArn"):
        yield (
            "ACCESS_LOGS=on needs the role with which API Gateway writes logs, one per account and region; set it in "
            f"the console of API Gateway in {region()}, under Settings"
        )


def _sender(target: Target) -> Problems:
    """Ask SendGrid for its verified senders and domains. It refuses a key that may only send; that is no problem."""
    name = fixed_parameters(target.environment)["SendgridApiKey"]
    found = client("ssm").get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    sender = target.values.get("EMAIL_USER", "")
    if not found or not sender:
        return
    key = found[0]["Value"]
    senders, domains = (_ask_sendgrid(path, key) for path in ("/v3/verified_senders", "/v3/whitelabel/domains"))
    if senders is None or domains is None:
        return
    addresses = {one["from_email"].lower() for one in senders.get("results", []) if one.get("verified")}
    known = {one["domain"].lower() for one in domains if one.get("valid")}
    domain = sender.rpartition("@")[2].lower()
    if sender.lower() not in addresses and not any(domain == one or domain.endswith("." + one) for one in known):
        yield f"SendGrid does not know {sender} as a verified sender; verify it there, under Sender Authentication"


def _ask_sendgrid(path: str, key: str) -> Any:
    base = os.environ.get("SENDGRID_BASE_URL") or SENDGRID
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - SendGrid
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same request
            return json.load(answer)
    except (urllib.error.URLError, TimeoutError, ValueError):
        return None


def _concurrency(target: Target) -> str:
    if value := target.values.get("RESERVED_CONCURRENCY"):
        return f"the .env file sets RESERVED_CONCURRENCY={value}"
    try:
        return concurrency.choose(find_stack(stack_name(target.environment)))[1]
    except (ClientError, BotoCoreError) as error:
        return f"the account's concurrency could not be read ({error})"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
