"""Times as people say them, by São Paulo's clock, three hours behind UTC."""

from datetime import datetime, timedelta

import pytest

from falaai.web.dates import group_of, in_words

NOON = datetime(2026, 11, 23, 15, 0)  # 12:00 in São Paulo


@pytest.mark.parametrize(
    ("utc", "words"),
    [
        (datetime(2026, 11, 23, 14, 5), "hoje, 11:05"),
        (datetime(2026, 11, 23, 3, 0), "hoje, 0:00"),
        (datetime(2026, 11, 23, 2, 59), "ontem, 23:59"),
        (datetime(2026, 11, 21, 12, 30), "21 de novembro, 9:30"),
        (datetime(2026, 3, 1, 12, 30), "1º de março, 9:30"),
        (datetime(2025, 12, 12, 12, 30), "12 de dezembro de 2025, 9:30"),
    ],
)
def test_day_and_hour(utc: datetime, words: str) -> None:
    assert in_words(utc, NOON) == words


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (0, "Hoje"),
        (1, "Ontem"),
        (2, "Últimos 7 dias"),
        (7, "Últimos 7 dias"),
        (8, "Últimos 30 dias"),
        (30, "Últimos 30 dias"),
        (31, "Mais antigas"),
    ],
)
def test_heading_of_the_list(days: int, group: str) -> None:
    assert group_of(NOON - timedelta(days=days), NOON) == group


def test_day_before_summer_time_ended_has_its_own_hour() -> None:
    """Until 2019 São Paulo put its clocks forward in summer; messages of an older database say so."""
    assert in_words(datetime(2019, 2, 16, 23, 30), NOON) == "16 de fevereiro de 2019, 21:30"
    assert in_words(datetime(2019, 2, 17, 23, 30), NOON) == "17 de fevereiro de 2019, 20:30"
