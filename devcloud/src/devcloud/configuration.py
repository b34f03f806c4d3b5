"""Settings of devcloud: `[tool.devcloud]` in pyproject.toml, overridden by .env."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from devcloud.errors import ConfigurationError
from devcloud.secret_store import SecretStore

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Service:
    """`[tool.devcloud.database]` or one table `[tool.devcloud.services.<name>]`.

    devcloud starts the service unless .env sets the variable `unless`. `environment` holds the variables that tell
    functions its address. Port 0 means any free port. `command` is empty for the database, which devcloud starts
    itself.
    """

    name: str
    unless: str
    environment: dict[str, str]
    command: list[str] = field(default_factory=list)
    port: int = 0


@dataclass(frozen=True)
class Configuration:
    """All settings. `dotenv` holds the variables of .env, without those that are empty."""

    root: Path
    template: Path
    check: list[str]
    migrate: list[str]
    environment: dict[str, str]
    database: Service | None
    database_name: str
    services: dict[str, Service]
    dotenv: dict[str, str]

    def starts(self, service: Service | None) -> bool:
        """Return whether devcloud starts this service itself."""
        return service is not None and service.unless not in self.dotenv


def read_configuration(root: Path, env_file: Path, template: Path | None = None) -> Configuration:
    """Read `root`/pyproject.toml and `env_file`. Raises ConfigurationError.

    The table [tool.devcloud] may be missing if `template` is given, which replaces the table's template.

    devcloud's own environment variables are ignored, so that a developer's shell cannot change the result.
    """
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        project = {}
        if template is None:
            raise ConfigurationError(
                f"There is no pyproject.toml in {root}; run devcloud from there, or name a template."
            ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"pyproject.toml is not valid TOML: {error}.") from error
    table = project.get("tool", {}).get("devcloud")
    if table is None:
        if template is None:
            raise ConfigurationError("pyproject.toml has no table [tool.devcloud].")
        table = {}
    return Configuration(
        root=root,
        template=template or root / table.get("template", "template.yaml"),
        check=table.get("check", []),
        migrate=table.get("migrate", []),
        environment=table.get("environment", {}),
        database=_service("database", table["database"]) if "database" in table else None,
        database_name=table.get("database", {}).get("name", "devcloud"),
        services={name: _command_service(name, one) for name, one in table.get("services", {}).items()},
        dotenv={name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value},
    )


def _service(name: str, table: dict[str, Any]) -> Service:
    if "unless" not in table:
        raise ConfigurationError(f"The table of the service {name} in pyproject.toml has no key `unless`.")
    return Service(name, table["unless"], table.get("environment", {}))


def _command_service(name: str, table: dict[str, Any]) -> Service:
    if not table.get("command"):
        raise ConfigurationError(f"[tool.devcloud.services.{name}] in pyproject.toml has no key `command`.")
    return replace(_service(name, table), command=table["command"], port=table.get("port", 0))


def fill_placeholders(table: Mapping[str, str], facts: Mapping[str, str], secrets: SecretStore) -> dict[str, str]:
    """Replace the placeholders in braces by `facts`; {secret} becomes a separate secret for each variable.

    Raises ConfigurationError for an unknown placeholder.
    """

    def value(variable: str, placeholder: str) -> str:
        if placeholder == "secret":
            return secrets.get(variable)
        if placeholder not in facts:
            known = ", ".join(f"{{{name}}}" for name in ("secret", *facts))
            raise ConfigurationError(
                f"pyproject.toml: {{{placeholder}}} in {variable} is unknown; use one of {known}."
            )
        return facts[placeholder]

    return {
        variable: _PLACEHOLDER.sub(lambda match, variable=variable: value(variable, match[1]), text)  # type: ignore[misc]
        for variable, text in table.items()
    }


def function_variables(declared: Mapping[str, str], overlays: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the declared variables with the values of the overlays. A later overlay overrides earlier ones.

    Variables that are not declared are left out.
    """
    result = dict(declared)
    for overlay in overlays:
        result.update({name: value for name, value in overlay.items() if name in declared})
    return result
