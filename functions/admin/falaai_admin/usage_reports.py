"""The use of a deployment by day, month and user, in messages, tokens, searches, files and reais."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import date, timedelta

from falaai import settings
from falaai.database import Database
from falaai.errors import InvalidInput
from falaai.repositories import failures, people, ratings, usage_totals
from falaai.repositories.usage_totals import Use
from falaai.web import texts
from falaai_admin.schemas import FailureView, RatingView, UseView

# Days and months on the page.
DAYS, MONTHS = 30, 12
# Accounts in one file.
CSV_ACCOUNTS = 2000
_COLUMNS = (
    *("pessoas", "mensagens", "pensadas", "buscas", "consultas", "tokens_entrada", "tokens_saida"),
    *("arquivos", "megabytes", "reais"),
)


def list_days(database: Database, first: date, last: date, today: date) -> dict[date, Use]:
    """Return the use of all users on each day from `first` to `last`, with 0 for days without any.

    Of days without a total only yesterday and today are summed up. Other days get theirs by the next cleanup. If too
    many users have used an open day to sum it up for a page, it is left out until then.
    """
    known = usage_totals.list_totals(database, first, last)
    left_out = set[date]()
    for day in (today - timedelta(days=1), today):
        if first <= day <= last and day not in known:
            found = usage_totals.find_sum(database, day)
            if found is None:
                left_out.add(day)
            else:
                known[day] = found
    return {day: known.get(day, Use()) for day in _days(first, last) if day not in left_out}


def by_month(days: dict[date, Use]) -> dict[date, Use]:
    """Return the use of each month by its first day. People count once for each day."""
    months: dict[date, list[Use]] = {}
    for day, use in days.items():
        months.setdefault(day.replace(day=1), []).append(use)
    return {month: _sum(uses) for month, uses in months.items()}


def list_failures(database: Database, first: date, last: date) -> list[FailureView]:
    found = failures.list_failures(database, first, last)
    return [FailureView(codigo=code, falhas=count) for code, count in found.items()]


def list_ratings(database: Database, days: int) -> list[RatingView]:
    """Return how users rated replies in the last days, the most frequent first."""
    found = sorted(ratings.list_counts(database, days), key=lambda one: (one.rating, -one.count, str(one.reason)))
    return [
        RatingView(nota=one.rating, motivo=one.reason or "", modelo=one.model or "", vezes=one.count) for one in found
    ]


def use_view(day: date, use: Use) -> UseView:
    return UseView(
        dia=day,
        pessoas=use.people,
        mensagens=use.messages,
        pensadas=use.thinking,
        buscas=use.searches,
        consultas=use.queries,
        tokens_entrada=use.tokens_in,
        tokens_saida=use.tokens_out,
        arquivos=use.files,
        megabytes=megabytes(use),
        reais=reais(use),
    )


def reais(use: Use) -> float:
    """Return the cost in reais, at the exchange rate of the settings."""
    return round(use.cost / 1_000_000 * exchange_rate().reais, 4)


def exchange_rate() -> settings.ExchangeRate:
    rate: settings.ExchangeRate = settings.read(settings.CostSettings).dollar_in_reais
    return rate


def megabytes(use: Use) -> float:
    return round(use.uploaded / (1024 * 1024), 1)


def month_of(written: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a month written as 2026-11, or of the current one. Raises InvalidInput."""
    try:
        first = date.fromisoformat(f"{written}-01") if written else today.replace(day=1)
    except ValueError:
        raise InvalidInput("mes", texts.FIELD_OTHERWISE) from None
    return first, last_of_month(first)


def last_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def csv_of_days(days: dict[date, Use]) -> str:
    return _csv("dia", ((day.isoformat(), use) for day, use in days.items()))


def csv_of_accounts(database: Database, first: date, last: date, after_id: int) -> tuple[str, int | None]:
    """Return the use of accounts in the order of their ids, and the id to continue after, None at the end.

    It names accounts by id and address.
    """
    accounts = people.list_addresses(database, after_id, CSV_ACCOUNTS)
    uses: dict[int, Use] = {}
    ids, size = [*accounts], usage_totals.MOST_USERS
    for start in range(0, len(ids), size):
        uses |= usage_totals.list_of_users(database, ids[start : start + size], first, last)
    lines = ((f"{user_id} {email}", uses.get(user_id, Use())) for user_id, email in accounts.items())
    return _csv("conta", lines), max(accounts) if len(accounts) == CSV_ACCOUNTS else None


def _csv(first_column: str, lines: Iterable[tuple[str, Use]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((first_column, *_COLUMNS))
    for name, use in lines:
        writer.writerow((_harmless(name), *astuple(use)[:7], use.files, megabytes(use), reais(use)))
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


def _sum(uses: Sequence[Use]) -> Use:
    return Use(*(sum(column) for column in zip(*map(astuple, uses), strict=True)))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
