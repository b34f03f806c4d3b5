"""EventBridge schedules: `rate(…)` and AWS's `cron(…)` with six fields, in their time zone."""

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from devcloud.errors import FunctionError, TemplateError
from devcloud.function_pool import FunctionPool
from devcloud.intrinsics import ACCOUNT
from devcloud.template import Schedule

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
# Seconds. A laptop may sleep, so the clock is read again after at most this time.
_LONGEST_WAIT = 60.0


def occurrences(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Return the times after `after` at which a schedule fires, in UTC. Raises TemplateError if it is invalid."""
    rate = _RATE.fullmatch(schedule.expression)
    if rate:
        return _rate_occurrences(timedelta(**{f"{rate[2]}s": int(rate[1])}), after)
    cron = _CRON.fullmatch(schedule.expression)
    if cron is None:
        raise TemplateError(
            f"Schedule {schedule.name}: {schedule.expression} is neither rate(…) nor cron(…) with six fields."
        )
    minute, hour, day, month, weekday, year = cron.groups()
    if (day == "?") == (weekday == "?"):
        raise TemplateError(f"Schedule {schedule.name}: exactly one of day-of-month and day-of-week must be ?.")
    try:
        local = after.astimezone(ZoneInfo(schedule.timezone))
        fields = [minute, hour, day.replace("?", "*"), month, _weekday(weekday)]
        times = CronSim(" ".join(fields), local)
    except (CronSimError, ZoneInfoNotFoundError) as error:
        raise TemplateError(
            f"Schedule {schedule.name}: {schedule.expression} in {schedule.timezone} is invalid: {error}."
        ) from error
    years = _years(year)
    return (time.astimezone(UTC) for time in times if years is None or time.year in years)


def schedule_event(schedule: Schedule, time: datetime, region: str) -> Any:
    """Build the event of one occurrence: the schedule's `Input`, or else EventBridge's default event."""
    if schedule.input is not None:
        return json.loads(schedule.input)
    is_rule = schedule.source == "aws.events"
    resource = f"events:{region}:{ACCOUNT}:rule" if is_rule else f"scheduler:{region}:{ACCOUNT}:schedule/default"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:{resource}/{schedule.name}"],
        "detail": {} if is_rule else "{}",
    }


async def run_schedule(schedule: Schedule, pool: FunctionPool, region: str) -> None:
    """Invoke the function at each occurrence, until cancelled or after the last one."""
    async with asyncio.TaskGroup() as invocations:
        for time in occurrences(schedule, datetime.now(UTC)):
            while (left := (time - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(min(left, _LONGEST_WAIT))
            invocations.create_task(_invoke(pool, schedule_event(schedule, time, region)))


async def _invoke(pool: FunctionPool, event: Any) -> None:
    try:
        await pool.invoke(event)
    except FunctionError:
        return  # The pool has logged the failure; the schedule continues.


def _rate_occurrences(period: timedelta, after: datetime) -> Iterator[datetime]:
    time = after
    while True:
        time += period
        yield time


def _weekday(field: str) -> str:
    """Convert the weekdays of AWS (Sunday is 1) to those of cron (Sunday is 0). Keep numbers after # and /."""
    field = field.replace("?", "*")
    if field == "L":
        return "6"
    return re.sub(r"(?<![#/\d])\d+", lambda match: str(int(match[0]) - 1), field)


def _years(field: str) -> set[int] | None:
    if field == "*":
        return None
    years: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        first, _, last = ("1970-2199" if span == "*" else span).partition("-")
        end = int(last) if last else 2199 if step else int(first)
        years.update(range(int(first), end + 1, int(step or 1)))
    return years
