"""Settings from pyproject.toml and .env, and their priority."""

from pathlib import Path

import pytest

from devcloud.configuration import fill_placeholders, function_variables, read_configuration
from devcloud.errors import ConfigurationError
from devcloud.secret_store import SecretStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.devcloud.services.notes]\nunless = "KEY"\ncommand = ["notes"]\n'
        '[tool.devcloud.environment]\nA = "{gateway}/x {other}"\n'
    )
    return tmp_path


def test_a_service_starts_unless_env_sets_its_variable(folder):
    configuration = read_configuration(folder, folder / ".env")
    assert configuration.starts(configuration.services["notes"])
    (folder / ".env").write_text("KEY=\n")
    configuration = read_configuration(folder, folder / ".env")
    assert configuration.starts(configuration.services["notes"]), "empty counts as not set"
    (folder / ".env").write_text("KEY='$HOME'\n")
    configuration = read_configuration(folder, folder / ".env")
    assert not configuration.starts(configuration.services["notes"])
    assert configuration.dotenv == {"KEY": "$HOME"}
    assert not configuration.starts(configuration.database), "pyproject.toml does not ask for it"


def test_placeholders_are_filled(folder):
    secrets = SecretStore(folder / "secrets.json")
    filled = fill_placeholders(
        {"A": "{gateway}/{x}", "B": "{secret}", "C": "{secret}"}, {"gateway": "g", "x": "y"}, secrets
    )
    assert filled["A"] == "g/y"
    assert len(filled["B"]) >= 48
    assert filled["B"] != filled["C"]
    assert SecretStore(folder / "secrets.json").get("B") == filled["B"], "made once, kept"
    assert (folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match=r"\{other\} in A is unknown"):
        fill_placeholders(read_configuration(folder, folder / ".env").environment, {"gateway": "g"}, secrets)


def test_only_declared_variables_are_overlaid_and_the_last_wins():
    assert function_variables({"A": "1", "B": "2"}, [{"A": "3", "C": "4"}, {"A": "5"}]) == {
        "A": "5",
        "B": "2",
    }


@pytest.mark.parametrize(("table", "missing"), [('command = ["notes"]', "unless"), ('unless = "KEY"', "command")])
def test_service_without_a_needed_key_is_refused(tmp_path, table, missing):
    (tmp_path / "pyproject.toml").write_text(f"[tool.devcloud.services.notes]\n{table}\n")
    with pytest.raises(ConfigurationError, match=rf"notes.* has no key `{missing}`"):
        read_configuration(tmp_path, tmp_path / ".env")


def test_missing_settings_raise_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match=r"There is no pyproject.toml"):
        read_configuration(tmp_path, tmp_path / ".env")
    (tmp_path / "pyproject.toml").write_text("")
    with pytest.raises(ConfigurationError, match=r"has no table \[tool.devcloud\]"):
        read_configuration(tmp_path, tmp_path / ".env")
