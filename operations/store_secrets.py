"""Ask for the four secrets and store them in SSM as SecureStrings: python operations/store_secrets.py dev

The input is not echoed. The secrets are sent to AWS only; no file, command line or output holds them.
"""

import sys
from getpass import getpass
from secrets import token_urlsafe
from typing import Annotated

from deployment import SECRETS, client, fixed_parameters
from pydantic import TypeAdapter, ValidationError

from falaai import settings

GROUPS = {
    "DB_PASSWORD": settings.DatabaseSettings,
    "SESSION_SECRET_KEY": settings.SessionSettings,
    "GEMINI_API_KEY": settings.GeminiSettings,
    "SENDGRID_API_KEY": settings.EmailSettings,
}
GENERATED = "SESSION_SECRET_KEY"


def main(environment: str) -> int:
    names = fixed_parameters(environment)
    ssm = client("ssm")
    there = ssm.get_parameters(Names=[names[one] for one in SECRETS])["Parameters"]
    known = {parameter["Name"] for parameter in there}
    for parameter, variable in SECRETS.items():
        name = names[parameter]
        if value := _ask(variable, name, name in known):
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
            print(f"  {name}: stored")
        else:
            print(f"  {name}: unchanged")
    return 0


def _ask(variable: str, name: str, is_there: bool) -> str:
    """Ask until the value is valid. Returns an empty string to keep the stored secret."""
    otherwise = "keep" if is_there else "generate one" if variable == GENERATED else ""
    hint = f" (Enter: {otherwise})" if otherwise else ""
    while True:
        value = getpass(f"{variable} for {name}{hint}: ").strip()
        if not value and is_there:
            return ""
        if not value and variable == GENERATED:
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
        TypeAdapter(Annotated[field.annotation, *field.metadata]).validate_python(value)
    except ValidationError as error:
        return "is still a placeholder" if error.errors()[0]["type"] == "value_error" else "is too short"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
