"""What the alarms watch is counted, in the form CloudWatch reads, and holds nothing but numbers."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from falaai import metrics, settings
from falaai.errors import CeilingReached, FalaAIError, ModelBlocked, ModelUnavailable, QuotaReached
from falaai.language_model import GeminiAnswer, Prompt
from falaai.repositories.sessions import Session
from falaai_chat import quota

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


class FailingModels:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def stream(self, _answer: GeminiAnswer) -> Iterator[Any]:
        raise self.error
        yield


@pytest.mark.parametrize(
    ("error", "names"), [(ModelUnavailable("500"), ["GeminiErrors"]), (ModelBlocked("SAFETY"), [])]
)
def test_failure_of_gemini_counts_but_not_what_a_question_brought_about(
    error: FalaAIError, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = GeminiAnswer(FailingModels(error), Prompt("", ()), time.monotonic() + 5)  # type: ignore[arg-type]
    with pytest.raises(type(error)):
        list(answer)
    assert counted(capsys) == names


@pytest.mark.parametrize(
    ("mine", "everybody", "error", "names"),
    [(1, 11, CeilingReached, ["DailyCeilingReached"]), (6, 6, QuotaReached, []), (6, 11, QuotaReached, [])],
)
def test_ceiling_of_everybody_counts_and_the_quota_of_one_does_not(
    mine: int,
    everybody: int,
    error: type[FalaAIError],
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(quota.usage, "update_message_counts", lambda *_: None)
    monkeypatch.setattr(quota.usage, "add_day", lambda *_: None)
    monkeypatch.setattr(quota.usage, "count_messages", lambda _sql, user_id, _day: mine if user_id else everybody)
    session = Session(1, 1, None, "Ana", "ana@exemplo.com.br", 0, NOW)
    with pytest.raises(error):
        quota.Quota(person=5, everybody=10).take(None, session)  # type: ignore[arg-type]
    assert counted(capsys) == names
