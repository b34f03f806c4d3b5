"""Times in words, in São Paulo's time zone: "hoje, 14:32", "ontem, 9:05", "12 de março, 8:00"."""

from datetime import date, datetime

from falaai.sao_paulo import day_of, local

_MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
    *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
)
# Groups of the conversation list: greatest number of days since the last use, and heading.
_GROUPS = ((0, "Hoje"), (1, "Ontem"), (7, "Últimos 7 dias"), (30, "Últimos 30 dias"))
_OLDER = "Mais antigas"


def in_words(utc: datetime, now: datetime) -> str:
    """Return a time in words. Both arguments are naive UTC. The year is left out if it is the current one."""
    return f"{_day_in_words(day_of(utc), day_of(now))}, {local(utc):%-H:%M}"


def _day_in_words(day: date, today: date) -> str:
    if 0 <= (today - day).days <= 1:
        return ("hoje", "ontem")[(today - day).days]
    spoken = f"{'1º' if day.day == 1 else day.day} de {_MONTHS[day.month - 1]}"
    return spoken if day.year == today.year else f"{spoken} de {day.year}"


def group_of(utc: datetime, now: datetime) -> str:
    """Return the heading of the conversation list for this time of last use. Both arguments are naive UTC."""
    days = (day_of(now) - day_of(utc)).days
    return next((name for limit, name in _GROUPS if days <= limit), _OLDER)
