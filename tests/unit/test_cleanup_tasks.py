"""The plan of a cleanup: order, batches, pauses, time and failures. The tasks and the database are fakes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from falaai_cleanup import tasks
from falaai_cleanup.tasks import BATCH, PAUSE_FACTOR, CleanupResult, CleanupTask, clean_up
from tests.support.fakes import FakeDatabase


@dataclass
class Rows:
    """Rows to delete, by task. A task with a negative number fails. `order` has the task of each batch."""

    left: dict[str, int]
    order: list[str] = field(default_factory=list)

    def tasks(self) -> tuple[CleanupTask, ...]:
        return tuple(CleanupTask(name, self._deleter(name), lambda _sql: 0) for name in self.left)

    def _deleter(self, name: str):  # type: ignore[no-untyped-def]
        def delete(_sql: object, at_most: int) -> int:
            self.order.append(name)
            if self.left[name] < 0:
                raise RuntimeError(name)
            gone = min(at_most, self.left[name])
            self.left[name] -= gone
            return gone

        return delete


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Pauses between batches, which are not waited for. Each look at the clock is one second later than the last."""
    seen: list[float] = []
    now = iter(range(10_000))
    with monkeypatch.context() as patch:
        patch.setattr(tasks.time, "sleep", seen.append)
        patch.setattr(tasks.time, "monotonic", lambda: float(next(now)))
        yield seen


def database() -> FakeDatabase:
    return FakeDatabase({"UTC_TIMESTAMP": [{"now_utc": datetime(2026, 6, 1, 12)}]})


def run(rows: Rows, ticks: int = 1000) -> CleanupResult:
    """Clean up with time for so many batches, without retention of conversations."""
    left = iter([True] * ticks)
    return clean_up(database(), 0, lambda: next(left, False), rows.tasks())  # type: ignore[arg-type]


def test_every_task_runs_in_order_and_its_rows_are_counted(pauses: list[float]) -> None:
    rows = Rows({"sessions": 3, "tokens": 0, "counters": 5})
    result = run(rows)
    assert rows.order == ["sessions", "tokens", "counters"]
    assert result == CleanupResult(
        {"sessions": 3, "tokens": 0, "counters": 5, "conversations": 0, "messages": 0, "attachments": 0}, True
    )
    assert pauses == []


def test_full_batch_is_followed_by_another_until_one_is_not_full(pauses: list[float]) -> None:
    rows = Rows({"sessions": 2 * BATCH + 1, "tokens": BATCH})
    result = run(rows)
    assert rows.order == ["sessions"] * 3 + ["tokens"] * 2
    assert (result.rows["sessions"], result.rows["tokens"], result.is_done) == (2 * BATCH + 1, BATCH, True)
    assert pauses == [PAUSE_FACTOR * 1.0] * 3


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("ticks", [0, 1, 2, 3])
def test_time_that_runs_out_leaves_the_rest(ticks: int) -> None:
    rows = Rows({"sessions": 2 * BATCH, "tokens": 1})
    result = run(rows, ticks)
    assert rows.order == ["sessions"] * ticks
    assert not result.is_done
    assert result.rows["sessions"] == min(ticks, 2) * BATCH
    assert result.rows["tokens"] == 0
    again = run(rows)
    assert again.is_done
    assert rows.left == {"sessions": 0, "tokens": 0}


@pytest.mark.usefixtures("pauses")
def test_task_that_fails_stops_no_other_and_its_error_is_returned() -> None:
    rows = Rows({"sessions": 1, "tokens": -1, "usage": -1, "counters": 2})
    result = run(rows)
    assert rows.order == ["sessions", "tokens", "usage", "counters"]
    assert (result.rows["sessions"], result.rows["counters"]) == (1, 2)
    assert [str(error) for error in result.errors] == ["tokens", "usage"]
    assert result.is_done


@pytest.mark.usefixtures("pauses")
def test_error_is_returned_also_when_time_runs_out_later() -> None:
    result = run(Rows({"tokens": -1, "counters": 1}), ticks=1)
    assert [str(error) for error in result.errors] == ["tokens"]
    assert not result.is_done


def test_product_has_a_task_for_each_kind_once() -> None:
    names = [task.name for task in tasks.TASKS]
    assert len(set(names)) == len(names) >= 7
    assert "conversations" not in names, "conversations are first, and only with a retention"
