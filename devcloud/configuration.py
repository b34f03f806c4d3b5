"""What to run, from `[tool.devcloud]` in pyproject.toml, and what .env says instead."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from devcloud.errors import ConfigurationError
from devcloud.secret_store import SecretStore

SERVICES = ("database", "gemini", "sendgrid")
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Service:
    """One `[tool.devcloud.<name>]`: it is started only when .env does not set the variable `unless`."""

    name: str
    unless: str
    environment: dict[str, str]
    options: dict[str, Any]


@dataclass(frozen=True)
class Configuration:
    """Everything the operator wrote down. `dotenv` holds .env without its empty values."""

    root: Path
    template: Path
    check: list[str]
    migrate: list[str]
    environment: dict[str, str]
    services: dict[str, Service]
    dotenv: dict[str, str]

    def starts(self, service: str) -> bool:
        """Whether devcloud runs this service itself."""
        return service in self.services and self.services[service].unless not in self.dotenv


def read_configuration(root: Path, env_file: Path) -> Configuration:
    """Reads `root`/pyproject.toml and `env_file`. The environment of this very process decides nothing."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"There is no pyproject.toml in {root}; run devcloud from there.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"pyproject.toml is not valid TOML: {error}.") from error
    table = project.get("tool", {}).get("devcloud")
    if table is None:
        raise ConfigurationError("pyproject.toml has no table [tool.devcloud].")
    return Configuration(
        root=root,
        template=root / table.get("template", "template.yaml"),
        check=table.get("check", []),
        migrate=table.get("migrate", []),
        environment=table.get("environment", {}),
        services={name: _service(name, table[name]) for name in SERVICES if name in table},
        dotenv={name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value},
    )


def _service(name: str, table: dict[str, Any]) -> Service:
    if "unless" not in table:
        raise ConfigurationError(f"[tool.devcloud.{name}] in pyproject.toml does not say `unless`.")
    options = {key: value for key, value in table.items() if key not in ("unless", "environment")}
    return Service(name, table["unless"], table.get("environment", {}), options)


def fill(table: Mapping[str, str], facts: Mapping[str, str], secrets: SecretStore) -> dict[str, str]:
    """`table` with its words in braces replaced; {secret} is another one for each variable."""

    def value(variable: str, word: str) -> str:
        if word == "secret":
            return secrets.get(variable)
        if word not in facts:
            known = ", ".join(f"{{{name}}}" for name in ("secret", *facts))
            raise ConfigurationError(f"pyproject.toml: {{{word}}} in {variable} is unknown here; known: {known}.")
        return facts[word]

    return {
        variable: _WORD.sub(lambda match, variable=variable: value(variable, match[1]), text)  # type: ignore[misc]
        for variable, text in table.items()
    }


def function_variables(declared: Mapping[str, str], overlays: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The variables a function declares, each with the value of the last overlay that names it."""
    result = dict(declared)
    for overlay in overlays:
        result.update({name: value for name, value in overlay.items() if name in declared})
    return result
