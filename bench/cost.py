"""Monthly cost by number of messages: python -m bench.cost [MESSAGES...]. Without arguments, update docs/cost.md.

prices.toml has the prices and their sources. template.yaml gives the queues and the memory of the functions,
monitoring.yaml the alarms and dashboards, database_use.toml the measured work of the database. Usage has the other
resources of one message; comments mark assumed values. Amounts have two significant digits; uncertain ones are
ranges.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ranges import Range, in_words, total
from bench.request_units import database_table, free_messages, stored, units_of_message
from bench.results import ROOT, replace_block
from devcloud.intrinsics import Resolver, parse

COST_PAGE = ROOT / "docs/cost.md"
TEMPLATE = ROOT / "template.yaml"
MONITORING = ROOT / "monitoring.yaml"
PRICES = Path(__file__).with_name("prices.toml")
MESSAGES = (0, 1_000, 100_000, 10_000_000)
SECONDS_PER_MONTH = 30 * 24 * 3600
# Lambda polls each queue with five pollers, and one poll waits 20 seconds: users report 15 polls a minute. AWS does
# not guarantee this.
POLLS_PER_QUEUE = 5 * SECONDS_PER_MONTH // 20
# X-Ray's default: it traces the first request of each second and 5 % of the others.
TRACED_SHARE = 0.05


@dataclass(frozen=True)
class Price:
    """Price of one unit in dollars. The first `free` units of each month cost nothing, without a time limit."""

    usd: float
    free: float = 0
    source: str = ""
    is_verified: bool = False

    def of(self, amount: float) -> float:
        return max(0.0, amount - self.free) * self.usd


@dataclass(frozen=True)
class Model:
    """Prices of a model, in dollars per million tokens."""

    tokens_in: float
    tokens_out: float
    is_verified: bool


@dataclass(frozen=True)
class Stack:
    """Billed resources in the template."""

    alarm_metrics: int
    dashboards: int
    queues: int
    gigabytes: float


@dataclass(frozen=True)
class Usage:
    """Resources of one message.

    Measured values are those of docs/performance.md, doubled: a function with 1,024 MB gets about half a processor.
    """

    # Assumed: the model needs six seconds for a reply of 300 tokens. Lambda bills the wait.
    gemini_seconds: float = 6.0
    reply_seconds: float = 0.05  # measured by bench.load for /chat/stream, without Gemini's time
    # Assumed, for each message: one request for the conversation list, and a tenth of the requests of a chat page.
    other_requests: float = 2.0
    other_seconds: float = 0.02  # measured by bench.warm for GET /conversations
    init_seconds: float = 2.0  # measured by bench.cold_start for the first reply; Lambda bills it
    # Assumed: a conversation has ten messages and gets one title; one message in twenty starts a summary.
    titles: float = 0.1
    title_seconds: float = 1.5
    summaries: float = 0.05
    summary_seconds: float = 4.0
    emails: float = 0.005
    email_seconds: float = 0.5
    cleanups: int = 30
    cleanup_seconds: float = 5.0
    # Of temporary conversations, each hour, in a process that starts for it. Assumed: time and request units of
    # eight small statements, those that open the connection included.
    hourly_cleanups: int = 30 * 24
    hourly_seconds: float = 0.2
    hourly_units: float = 10.0
    # Assumed: the conversation memory fills a third of MEMORY_TOKENS.
    tokens_in: float = 1500 + 0.1 * 600 + 0.05 * 2500
    tokens_out: float = 300 + 0.1 * 10 + 0.05 * 300
    log_bytes: float = 1500  # per request: the three lines of Lambda and those of the product
    sent_bytes: float = 6000  # per request, to the browser

    def cold_starts(self, messages: float) -> float:
        """Return the assumed number of cold starts.

        It is 10 % of the messages up to 100 cold starts, and 0.1 % of the messages from 100,000 messages on.
        """
        return min(messages / 10, max(100.0, messages / 1000))


def stack() -> Stack:
    """Read the resources with the default parameters. AWS bills an alarm for each metric in its expression."""
    raw = parse(TEMPLATE.read_text())
    resolver = Resolver(raw)
    resources: list[dict[str, Any]] = [one for one in raw["Resources"].values() if resolver.holds_for(one)]
    watching = list(_monitoring())
    alarms = [one["Properties"] for one in watching if one["Type"] == "AWS::CloudWatch::Alarm"]
    functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"]
    events = [event for one in functions for event in one.get("Events", {}).values()]
    return Stack(
        alarm_metrics=sum(str(alarm.get("Metrics", "")).count("MetricStat") or 1 for alarm in alarms),
        dashboards=sum(one["Type"] == "AWS::CloudWatch::Dashboard" for one in watching),
        queues=sum(event["Type"] == "SQS" for event in events),
        gigabytes=raw["Globals"]["Function"]["MemorySize"] / 1024,
    )


def _monitoring() -> Iterator[dict[str, Any]]:
    """Yield the resources of monitoring.yaml, one for each round of its loops."""
    for name, resource in parse(MONITORING.read_text())["Resources"].items():
        if name.startswith("Fn::ForEach::"):
            _, rounds, body = resource
            yield from (one for one in body.values() for _ in rounds)
        else:
            yield resource


def prices() -> tuple[dict[str, Price], dict[str, Model]]:
    raw = tomllib.loads(PRICES.read_text())
    raw.pop("tidb_request_unit_rules")
    models = {name: Model(one["in"], one["out"], one["is_verified"]) for name, one in raw.pop("gemini").items()}
    return {name: Price(**one) for name, one in raw.items()}, models


def bill(messages: float, usage: Usage, stack: Stack) -> dict[str, Range]:
    """Return the dollars per month for each line of the table, at the least and at the most."""
    price, _ = prices()
    units_low, units_high = total(units_of_message())
    idle = usage.hourly_cleanups * usage.hourly_units
    gib_low, gib_high = total({one.table: one.gib for one in stored(messages)})
    certain = certain_bill(messages, usage, stack)
    database: dict[str, Range] = {
        "TiDB Cloud, requests": (
            price["tidb_request_unit"].of(messages * units_low + idle),
            price["tidb_request_unit"].of(messages * units_high + idle),
        ),
        "TiDB Cloud, storage": (price["tidb_gib"].of(gib_low), price["tidb_gib"].of(gib_high)),
    }
    lines = {name: (dollars, dollars) for name, dollars in certain.items()}
    aws = {name: both for name, both in lines.items() if is_aws(name)}
    return {**aws, **database, **{name: both for name, both in lines.items() if not is_aws(name)}}


def is_aws(name: str) -> bool:
    return not name.startswith(("TiDB", "SendGrid", "Gemini"))


def certain_bill(messages: float, usage: Usage, stack: Stack) -> dict[str, float]:
    """Return the dollars per month for each line without the database."""
    price, models = prices()
    requests = messages * (1 + usage.other_requests)
    work = {
        "titles": (messages * usage.titles, usage.title_seconds),
        "memory": (messages * usage.summaries, usage.summary_seconds),
        "email": (messages * usage.emails, usage.email_seconds),
    }
    jobs = sum(count for count, _ in work.values())
    cold = usage.cold_starts(messages)
    seconds = messages * (usage.gemini_seconds + usage.reply_seconds + usage.other_requests * usage.other_seconds)
    seconds += sum(count * each for count, each in work.values()) + cold * usage.init_seconds
    seconds += usage.cleanups * (usage.cleanup_seconds + usage.init_seconds)
    seconds += usage.hourly_cleanups * (usage.hourly_seconds + usage.init_seconds)
    scheduled = usage.cleanups + usage.hourly_cleanups
    invocations = requests + jobs + scheduled
    return {
        "Lambda, computing": price["lambda_gb_second"].of(seconds * stack.gigabytes),
        "Lambda, requests": price["lambda_request"].of(invocations),
        "API Gateway": price["api_request"].of(requests),
        "data sent": price["egress_gb"].of(requests * usage.sent_bytes / 1e9),
        "SQS": price["sqs_request"].of(stack.queues * POLLS_PER_QUEUE + 3 * jobs),
        "CloudWatch, alarms": price["alarm_metric"].of(stack.alarm_metrics),
        "CloudWatch, dashboard and metrics": price["dashboard"].of(stack.dashboards) + price["custom_metric"].of(3),
        "CloudWatch, logs": price["log_gb"].of(invocations * usage.log_bytes / 1e9),
        "X-Ray": price["trace"].of(traces(requests)),
        "S3": price["s3_gb"].of(0.2),
        "SSM and KMS": price["kms_request"].of((cold + scheduled) * 3),
        "EventBridge": price["schedule_run"].of(scheduled),
        "SendGrid, from the 61st day": price["sendgrid_plan"].of(1),
        **{
            f"Gemini, {name}": messages * (usage.tokens_in * one.tokens_in + usage.tokens_out * one.tokens_out) / 1e6
            for name, one in models.items()
        },
    }


def traces(requests: float) -> float:
    """Return the traced requests per month if requests are spread evenly."""
    first = min(requests, float(SECONDS_PER_MONTH))
    return first + (requests - first) * TRACED_SHARE


def table(counts: Iterable[int] = MESSAGES) -> str:
    """Return the cost table, in dollars per month, with a column for each number of messages."""
    bills = [(count, bill(count, Usage(), stack())) for count in counts]
    lines = [
        f"| dollars a month with … messages | {' | '.join(f'{count:,}' for count, _ in bills)} |",
        f"|---|{'---:|' * len(bills)}",
    ]
    aws = [name for name in bills[0][1] if is_aws(name)]
    lines += [_line(name, [one[name] for _, one in bills]) for name in aws]
    lines.append(_line("**AWS together**", [total({name: one[name] for name in aws}) for _, one in bills]))
    lines += [_line(name, [one[name] for _, one in bills]) for name in bills[0][1] if name not in aws]
    return "\n".join(lines)


def _line(name: str, dollars: list[Range]) -> str:
    return f"| {name} | {' | '.join(map(in_words, dollars))} |"


def second_deployment() -> str:
    """Return the sentence about the free tiers that a second deployment does not have."""
    ours, (price, _) = stack(), prices()
    alarms = ours.alarm_metrics * price["alarm_metric"].usd
    polls = ours.queues * POLLS_PER_QUEUE * price["sqs_request"].usd
    return (
        "A second deployment in the same account finds the free tier of alarms and queues used up. It pays"
        f" ${alarms:.2f} a\nmonth for alarms and ${polls:.2f} for the polls of its {ours.queues} queues."
    )


def price_table() -> str:
    rates, models = prices()
    raw = tomllib.loads(PRICES.read_text())
    lines = ["| price | dollars | free each month, for ever | read |", "|---|---:|---:|---|"]
    for name, one in rates.items():
        dollars = f"{one.usd:.10f}".rstrip("0").rstrip(".")
        free = f"{one.free:,.0f}" if one.free else ""
        mark = "" if one.is_verified else " **not verified**"
        lines.append(f"| {name.replace('_', ' ')} | {dollars} | {free} | {one.source}{mark} |")
    for name, model in models.items():
        source = raw["gemini"][name]["source"] + ("" if model.is_verified else " **not verified**")
        lines.append(
            f"| {name}, a million tokens in / out | {model.tokens_in:.2f} / {model.tokens_out:.2f} | | {source} |"
        )
    return "\n".join(lines)


def updated_page(text: str) -> str:
    """Return the text of docs/cost.md with new tables."""
    blocks = {
        "cost": table(),
        "idle": second_deployment(),
        "database": f"{database_table(MESSAGES[-1])}\n\n{free_messages(prices()[0]['tidb_request_unit'].free)}",
        "prices": price_table(),
    }
    for name, block in blocks.items():
        text = replace_block(text, name, block)
    return text


if __name__ == "__main__":
    if wanted := [int(word) for word in sys.argv[1:]]:
        print(table(wanted))
    else:
        COST_PAGE.write_text(updated_page(COST_PAGE.read_text()))
        print(table())
