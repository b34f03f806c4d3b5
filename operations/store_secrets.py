"""Ask for the secrets and store them in SSM as SecureStrings: python -m operations.store_secrets dev

The input is not echoed. The secrets are sent to AWS only; no file, command line or output holds them.
"""

import sys
from getpass import getpass
from secrets import token_urlsafe
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from falaai import settings
from operations.backups.settings import BackupSettings
from operations.deployment import (
    BACKUP_KEY,
    SECRETS,
    backup_key_name,
    client,
    find_stack,
    fixed_parameters,
    secret_versions,
    stack_name,
    stack_resources,
)

GROUPS: dict[str, type[BaseModel]] = {
    "DB_PASSWORD": settings.DatabaseSettings,
    "SESSION_SECRET_KEY": settings.SessionSettings,
    "GEMINI_API_KEY": settings.GeminiSettings,
    "SENDGRID_API_KEY": settings.EmailSettings,
    BACKUP_KEY: BackupSettings,
}
GENERATED = ("SESSION_SECRET_KEY", BACKUP_KEY)


def main(environment: str) -> int:
    names = fixed_parameters(environment)
    ssm = client("ssm")
    wanted = {variable: names[parameter] for parameter, variable in SECRETS.items()}
    wanted[BACKUP_KEY] = backup_key_name(environment)
    there = ssm.get_parameters(Names=list(wanted.values()))["Parameters"]
    known = {parameter["Name"] for parameter in there}
    for variable, name in wanted.items():
        if value := _ask(variable, name, name in known):
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
            print(f"  {name}: stored")
        else:
            print(f"  {name}: unchanged")
    if find_stack(stack_name(environment)):
        restarted = restart(stack_name(environment), secret_versions([names[one] for one in SECRETS]))
        print(f"secrets: {restarted} functions restarted; new requests use the stored values")
    return 0


def restart(stack: str, versions: str) -> int:
    """Give every function of the stack these versions of the secrets, so that Lambda starts new processes.

    The next deployment passes the same text for the same versions and changes nothing. Returns the number restarted.
    """
    functions = [
        one["PhysicalResourceId"] for one in stack_resources(stack) if one["ResourceType"] == "AWS::Lambda::Function"
    ]
    restarted = 0
    for name in functions:
        aws_lambda = client("lambda")
        variables = aws_lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        if variables.get("SECRET_VERSIONS") != versions:
            variables["SECRET_VERSIONS"] = versions
            aws_lambda.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
            restarted += 1
    return restarted


def _ask(variable: str, name: str, is_there: bool) -> str:
    """Ask until the value is valid. Returns an empty string to keep the stored secret."""
    otherwise = "keep" if is_there else "generate one" if variable in GENERATED else ""
    hint = f" (Enter: {otherwise})" if otherwise else ""
    while True:
        value = getpass(f"{variable} for {name}{hint}: ").strip()
        if not value and is_there:
            return ""
        if not value and variable in GENERATED:
            return token_urlsafe(48)
        if not (problem := _problem(variable, value)):
            return value
        print(f"  {variable} {problem}.")


def _problem(variable: str, value: str) -> str:
    """Return the problem that the settings of the functions would report, or an empty string."""
    field = GROUPS[variable].model_fields[variable.lower()]
    if not value:
        return "is needed"
    try:
        secret: Any = Annotated[field.annotation, *field.metadata]
        TypeAdapter(secret).validate_python(value)
    except ValidationError as error:
        return "is still a placeholder" if error.errors()[0]["type"] == "value_error" else "is too short"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
