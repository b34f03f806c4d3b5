"""Totals of days: added once by the cleanup, and the same as the sums of the counters."""

import csv
import io
from datetime import date, timedelta

import pytest

from falaai.database import Database
from falaai.repositories import failures, ratings, usage, usage_totals
from falaai.repositories.usage_totals import Use
from falaai_admin import usage_reports
from falaai_cleanup.tasks import clean_up
from tests.support.rows import Rows


def today_of(rows: Rows) -> date:
    """Return the day of which no total may be added yet."""
    found: date = rows.value("SELECT DATE(UTC_TIMESTAMP(6) - INTERVAL 4 HOUR)")
    return found


def fill(rows: Rows, day: date, user: int, messages: int) -> None:
    rows.run(
        "INSERT INTO uso_diario (id_usuario, dia, mensagens, custo_microusd) VALUES (%s, %s, %s, %s)",
        *(user, day, messages, 10 * messages),
    )


def test_cleanup_adds_each_ended_day_once(database: Database, rows: Rows) -> None:
    today = today_of(rows)
    days = [today - timedelta(days=number) for number in (3, 1, 0)]
    for number, day in enumerate(days, start=1):
        fill(rows, day, 1, number)
        fill(rows, day, 2, 10)
        fill(rows, day, -3, 100)  # a share of the ceiling
    for _ in range(2):
        assert clean_up(database, 0, lambda: True).is_done
    totals = usage_totals.list_totals(database, days[0], today)
    assert totals == {days[0]: Use(2, 11, cost=110), days[1]: Use(2, 12, cost=120)}
    assert usage_totals.find_sum(database, days[1]) == totals[days[1]]
    rows.run("DELETE FROM uso_diario")  # the accounts are gone
    clean_up(database, 0, lambda: True)
    assert usage_totals.list_totals(database, days[0], today) == totals


def test_page_sums_up_the_days_that_have_no_total_yet(database: Database, rows: Rows) -> None:
    today = today_of(rows)
    fill(rows, today, 1, 5)
    fill(rows, today - timedelta(days=1), 1, 6)
    shown = usage_reports.list_days(database, today - timedelta(days=2), today, today)
    assert [use.messages for use in shown.values()] == [0, 6, 5]


def test_day_of_many_users_is_left_out_until_its_total_is_added(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page would need seconds to sum it up; the cleanup reads it in parts."""
    monkeypatch.setattr(usage_totals, "MOST_SUMMED", 2)
    today = today_of(rows)
    yesterday, before = today - timedelta(days=1), today - timedelta(days=2)
    for user in range(1, 6):
        fill(rows, before, user, 1)
        fill(rows, yesterday, user, user)
    fill(rows, today, 1, 7)
    assert usage_totals.find_sum(database, yesterday) is None
    shown = usage_reports.list_days(database, before, today, today)
    assert {day: use.messages for day, use in shown.items()} == {before: 0, today: 7}
    clean_up(database, 0, lambda: True)
    shown = usage_reports.list_days(database, before, today, today)
    assert {day: (use.people, use.messages) for day, use in shown.items()} == {
        before: (5, 5),
        yesterday: (5, 15),
        today: (1, 7),
    }


def test_newest_failures_and_ratings_are_counted(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_COUNTED", 2)
    monkeypatch.setattr(ratings, "MOST_COUNTED", 2)
    today = today_of(rows)
    for user, days, code in ((1, 5, "old"), (2, 1, "new"), (3, 0, "new")):
        failures.add_failure(database, user, today - timedelta(days=days), code)
        rows.run(
            "INSERT INTO avaliacoes (id_mensagem, geracao, id_usuario, nota, motivo, modelo, dia)"
            " VALUES (%s, 1, %s, 'ruim', %s, NULL, %s)",
            *(user, user, "tom" if code == "old" else "tamanho", today - timedelta(days=days)),
        )
    assert failures.list_failures(database, today - timedelta(days=9), today) == {"new": 2}
    assert [(one.reason, one.count) for one in ratings.list_counts(database, 30)] == [("tamanho", 2)]


def test_file_of_accounts_reads_them_in_parts(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_totals, "MOST_USERS", 2)
    day = date(2026, 11, 1)
    for number in range(5):
        fill(rows, day, rows.user(f"p{number}@exemplo.com.br"), number + 1)
    text, _ = usage_reports.csv_of_accounts(database, day, day, 0)
    assert [line.split(",")[2] for line in text.splitlines()[1:]] == ["1", "2", "3", "4", "5"]


def test_use_of_accounts_is_their_own(database: Database, rows: Rows) -> None:
    ana, bia = rows.user("ana@exemplo.com.br"), rows.user("bia@exemplo.com.br")
    month = date(2026, 11, 1)
    fill(rows, month, ana, 3)
    fill(rows, month + timedelta(days=29), ana, 4)
    fill(rows, month + timedelta(days=30), ana, 90)
    text, after = usage_reports.csv_of_accounts(database, month, date(2026, 11, 30), 0)
    lines = text.splitlines()
    assert after is None
    assert [line.split(",")[:3] for line in lines[1:]] == [
        [f"{ana} ana@exemplo.com.br", "0", "7"],
        [f"{bia} bia@exemplo.com.br", "0", "0"],
    ]
    assert usage_reports.csv_of_accounts(database, month, month, bia)[0].splitlines()[1:] == []


def test_uploaded_files_are_counted_by_day_month_and_account(database: Database, rows: Rows) -> None:
    ana, day = rows.user("ana@exemplo.com.br"), date(2026, 11, 1)
    for later in (0, 0, 7):
        usage.add_uploaded(database, ana, day + timedelta(days=later), 1024 * 1024)
    days = usage_totals.list_days_of_user(database, ana, day, date(2026, 11, 30))
    assert [(use.files, use.uploaded) for use in days.values()] == [(2, 2 << 20), (1, 1 << 20)]
    for one in days:
        usage_totals.add_total(database, one)
    totals = usage_totals.list_totals(database, day, date(2026, 11, 30))
    assert usage_reports.by_month(totals)[day].files == 3
    for text in (
        usage_reports.csv_of_days(totals),
        usage_reports.csv_of_accounts(database, day, date(2026, 11, 30), 0)[0],
    ):
        lines = [*csv.DictReader(io.StringIO(text))]
        assert sum(int(line["arquivos"]) for line in lines) == 3


def test_failures_are_counted_by_code(database: Database, rows: Rows) -> None:
    day = date(2026, 11, 1)
    for user, code in ((1, "model_timed_out"), (1, "model_timed_out"), (2, "model_timed_out"), (2, "model_silent")):
        failures.add_failure(database, user, day, code)
    assert failures.list_failures(database, day, day) == {"model_timed_out": 3, "model_silent": 1}
    assert failures.list_failures(database, day + timedelta(days=1), day + timedelta(days=9)) == {}


def test_tokens_and_cost_add_up(database: Database, rows: Rows) -> None:
    day = date(2026, 11, 1)
    usage.add_message(database, 1, day)
    for _ in range(2):
        usage.update_tokens(database, 1, day, 100, 50, 1, 7)
    (found,) = usage_totals.list_days_of_user(database, 1, day, day).values()
    assert found == Use(messages=1, queries=2, tokens_in=200, tokens_out=100, cost=14)
