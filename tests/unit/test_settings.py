"""Settings refuse what would be a bad surprise later, in one sentence and without the value."""

from datetime import date

import pytest

from falaai import settings
from falaai.errors import SettingsError


@pytest.fixture(autouse=True)
def _forget() -> None:
    settings.read.cache_clear()


def test_short_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", "curta-demais")
    with pytest.raises(SettingsError, match="SESSION_SECRET_KEY is too short: at least 32 characters") as caught:
        settings.read(settings.SessionSettings)
    assert "curta-demais" not in str(caught.value)


def test_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "your-gemini-api-key-goes-here")
    with pytest.raises(SettingsError, match="GEMINI_API_KEY is still a placeholder"):
        settings.read(settings.GeminiSettings)


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DB_HOST", "DB_USER", "DB_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="DB_HOST is not set; DB_USER is not set; DB_PASSWORD is not set"):
        settings.read(settings.DatabaseSettings)


def test_models_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "k" * 39)
    monkeypatch.setenv("GEMINI_MODEL", " um , dois ")
    assert settings.read(settings.GeminiSettings).gemini_model == ("um", "dois")


@pytest.mark.parametrize(
    ("value", "models"), [("", ()), ("off", ()), (" OFF ", ()), ("um, dois", ("um", "dois")), (" ", ())]
)
def test_models_of_the_thinking_mode(value: str, models: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_MODEL_THINK", value)
    assert settings.read(settings.ThinkingSettings).gemini_model_think == models


def test_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", "k" * 40)
    assert "kkkk" not in repr(settings.read(settings.SessionSettings))


@pytest.mark.parametrize(("url", "https"), [("", True), ("https://fala.example", True), ("http://localhost", False)])
def test_https_unless_said_otherwise(url: str, https: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert settings.read(settings.WebSettings).is_https is https


def test_exchange_rate_has_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLLAR_IN_REAIS", "5.61@2026-11-25")
    rate = settings.read(settings.CostSettings).dollar_in_reais
    assert (rate.reais, rate.day, str(rate)) == (5.61, date(2026, 11, 25), "5.61@2026-11-25")


@pytest.mark.parametrize(
    "value", ["5.61", "5.61@", "5,61@2026-11-25", "5.61@2026-13-25", "0@2026-11-25", "nan@2026-11-25"]
)
def test_exchange_rate_without_a_day_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLLAR_IN_REAIS", value)
    with pytest.raises(SettingsError, match="DOLLAR_IN_REAIS is not a"):
        settings.read(settings.CostSettings)
