"""Asks for the four secrets and keeps them in SSM as SecureStrings: python operations/store_secrets.py dev

They are read without an echo and sent to AWS; no file, command line or output holds them.
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
MADE_HERE = "SESSION_SECRET_KEY"


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
            print(f"  {name}: kept as it is")
    return 0


def _ask(variable: str, name: str, is_there: bool) -> str:
    """The secret; "" keeps the one that is there."""
    otherwise = "keep" if is_there else "have one made" if variable == MADE_HERE else ""
    hint = f" (Enter: {otherwise})" if otherwise else ""
    while True:
        value = getpass(f"{variable} for {name}{hint}: ").strip()
        if not value and is_there:
            return ""
        if not value and variable == MADE_HERE:
            return token_urlsafe(48)
        if not (problem := _problem(variable, value)):
            return value
        print(f"  {variable} {problem}.")


def _problem(variable: str, value: str) -> str:
    """What the functions themselves would say against it."""
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
