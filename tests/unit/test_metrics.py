"""Metrics that the alarms watch are counted in CloudWatch's format, and hold only numbers."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import (
    CeilingReached,
    FalaAIError,
    LanguageModelError,
    ModelBlocked,
    ModelUnavailable,
    QuotaReached,
)
from falaai.gemini.models import GeminiModels
from falaai.language_model import Failed, Prompt
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai_chat import quota
from tests.support.waiting import HANG_SECONDS

NO_DATABASE = cast(Statements, None)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "falaai-dev")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "chat")
    settings.read.cache_clear()
    yield
    settings.read.cache_clear()


def counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return [one["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for one in records]


def test_count_is_one_series_under_the_name_of_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("GeminiErrors")
    record = json.loads(capsys.readouterr().out)
    (series,) = record.pop("_aws")["CloudWatchMetrics"]
    assert series["Namespace"] == "falaai-dev"
    assert series["Dimensions"] == [["service"]]
    assert record == {"service": "falaai", "GeminiErrors": [1.0]}


class FailingModels(GeminiModels):
    def __init__(self, error: Exception) -> None:
        super().__init__(settings.GeminiSettings(gemini_api_key="k" * 39))  # type: ignore[arg-type]
        self.error = error

    async def _chunks(self, *_: object) -> AsyncGenerator[Any]:
        raise self.error
        yield


@pytest.mark.parametrize(
    ("error", "names"), [(ModelUnavailable("500"), ["GeminiErrors"]), (ModelBlocked("SAFETY"), [])]
)
def test_failure_of_gemini_counts_but_not_what_a_question_brought_about(
    error: LanguageModelError, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(FailingModels(error)) as model:
        assert [*model.stream(Prompt("", ()), HANG_SECONDS)] == [Failed(error)]
    assert counted(capsys) == names


@pytest.mark.parametrize(
    ("used", "in_shares", "error", "names"),
    [
        (1, 1, CeilingReached, ["DailyCeilingReached"]),
        (1, 0, CeilingReached, []),
        (5, 1, QuotaReached, []),
        (5, 0, QuotaReached, []),
    ],
)
def test_full_ceiling_is_counted_but_neither_a_full_share_nor_the_quota_of_one(
    used: int,
    in_shares: int,
    error: type[FalaAIError],
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(quota.usage, "add_message", lambda *_: SHARES)
    monkeypatch.setattr(quota.usage, "list_shares", lambda *_: dict.fromkeys(range(SHARES), in_shares))
    session = Session(1, 1, None, "Ana", "ana@exemplo.com.br", 0, NOW)
    limits = quota.Limits(quota.Quota(person=5, everybody=SHARES))

    def count() -> None:
        limits.check_messages(session, quota.Used(used + 1))
        limits.take_from_shares(NO_DATABASE, session, quota.Shares(1, 1))

    with pytest.raises(error):
        count()
    if error is CeilingReached:
        with pytest.raises(CeilingReached) if names else nullcontext():
            limits.find_shares_with_room(NO_DATABASE, session)
    assert counted(capsys) == names
