"""What so many messages a month cost: python -m bench.cost [MESSAGES...]; without, the table of docs/cost.md anew.

Prices are in prices.toml, each with its source. How many alarms, queues and dashboards there are, and how much memory
functions have, is read from template.yaml. What a message takes is in Usage: measured, or assumed and said so.
"""

import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.results import ROOT, with_tables
from devcloud.intrinsics import Resolver, parse

PAPER = ROOT / "docs/cost.md"
TEMPLATE = ROOT / "template.yaml"
PRICES = Path(__file__).with_name("prices.toml")
MESSAGES = (0, 1_000, 100_000, 10_000_000)
SECONDS_A_MONTH = 30 * 24 * 3600
# Lambda's pollers of one queue: five, each asking for 20 seconds. AWS does not promise it; people count 15 a minute.
POLLS_A_QUEUE = 5 * SECONDS_A_MONTH // 20
# X-Ray's default: the first request of each second, and 5 in 100 of the others.
TRACED_SHARE = 0.05


@dataclass(frozen=True)
class Price:
    """Dollars for one of something; `free` of them a month cost nothing, for ever."""

    usd: float
    free: float = 0
    source: str = ""
    sure: bool = False

    def of(self, amount: float) -> float:
        return max(0.0, amount - self.free) * self.usd


@dataclass(frozen=True)
class Model:
    """Dollars for a million tokens."""

    tokens_in: float
    tokens_out: float
    sure: bool


@dataclass(frozen=True)
class Stack:
    """What the template has."""

    alarm_metrics: int
    dashboards: int
    queues: int
    gigabytes: float


@dataclass(frozen=True)
class Usage:
    """What a message takes. Measured figures are docs/performance.md's, doubled: 1,024 MB have half a processor."""

    # Assumed: a reply of 300 tokens takes the model six seconds, and Lambda bills the waiting.
    gemini_seconds: float = 6.0
    reply_seconds: float = 0.05  # measured: load, `/chat/stream`, around Gemini
    # Assumed: the list after each reply, and a tenth of a visit's page, conversation, scripts and pictures.
    other_requests: float = 2.0
    other_seconds: float = 0.02  # measured: statements, `GET /conversations`
    init_seconds: float = 2.0  # measured: cold start, a first reply; Lambda bills it
    # Assumed: ten messages make a conversation, which gets a title; one message in twenty is followed by a folding.
    titles: float = 0.1
    title_seconds: float = 1.5
    foldings: float = 0.05
    folding_seconds: float = 4.0
    letters: float = 0.005
    letter_seconds: float = 0.5
    sweeps: int = 30
    sweep_seconds: float = 5.0
    # Assumed: what is remembered fills a third of MEMORY_TOKENS.
    tokens_in: float = 1500 + 0.1 * 600 + 0.05 * 2500
    tokens_out: float = 300 + 0.1 * 10 + 0.05 * 300
    log_bytes: float = 1500  # a request: Lambda's three lines and ours
    sent_bytes: float = 6000  # a request
    # Reckoned from PingCAP's table for 9 statements, 8 rows written three times and 6 KiB read; not measured on TiDB.
    request_units: float = 40
    row_bytes: float = 2500  # a question, its reply and their indexes
    months_kept: float = 3

    def cold_starts(self, messages: float) -> float:
        """Assumed: one request in ten of a few, but not more than a hundred a month, or one in a thousand of many."""
        return min(messages / 10, max(100.0, messages / 1000))


def stack() -> Stack:
    """What is there with the parameters' defaults. An alarm on an expression is billed for each metric in it."""
    raw = parse(TEMPLATE.read_text())
    resolver = Resolver(raw)
    resources: list[dict[str, Any]] = [one for one in raw["Resources"].values() if resolver.holds_for(one)]
    alarms = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
    functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"]
    events = [event for one in functions for event in one.get("Events", {}).values()]
    return Stack(
        alarm_metrics=sum(str(alarm.get("Metrics", "")).count("MetricStat") or 1 for alarm in alarms),
        dashboards=sum(one["Type"] == "AWS::CloudWatch::Dashboard" for one in resources),
        queues=sum(event["Type"] == "SQS" for event in events),
        gigabytes=raw["Globals"]["Function"]["MemorySize"] / 1024,
    )


def prices() -> tuple[dict[str, Price], dict[str, Model]]:
    raw = tomllib.loads(PRICES.read_text())
    models = {name: Model(one["in"], one["out"], one["sure"]) for name, one in raw.pop("gemini").items()}
    return {name: Price(**one) for name, one in raw.items()}, models


def bill(messages: float, usage: Usage, stack: Stack) -> dict[str, float]:
    """Dollars a month for each line of the table."""
    price, models = prices()
    requests = messages * (1 + usage.other_requests)
    work = {
        "titles": (messages * usage.titles, usage.title_seconds),
        "memory": (messages * usage.foldings, usage.folding_seconds),
        "email": (messages * usage.letters, usage.letter_seconds),
    }
    jobs = sum(count for count, _ in work.values())
    cold = usage.cold_starts(messages)
    seconds = messages * (usage.gemini_seconds + usage.reply_seconds + usage.other_requests * usage.other_seconds)
    seconds += sum(count * each for count, each in work.values()) + cold * usage.init_seconds
    seconds += usage.sweeps * (usage.sweep_seconds + usage.init_seconds)
    invocations = requests + jobs + usage.sweeps
    return {
        "Lambda, computing": price["lambda_gb_second"].of(seconds * stack.gigabytes),
        "Lambda, requests": price["lambda_request"].of(invocations),
        "API Gateway": price["api_request"].of(requests),
        "data sent": price["egress_gb"].of(requests * usage.sent_bytes / 1e9),
        "SQS": price["sqs_request"].of(stack.queues * POLLS_A_QUEUE + 3 * jobs),
        "CloudWatch, alarms": price["alarm_metric"].of(stack.alarm_metrics),
        "CloudWatch, dashboard and metrics": price["dashboard"].of(stack.dashboards) + price["custom_metric"].of(3),
        "CloudWatch, logs": price["log_gb"].of(invocations * usage.log_bytes / 1e9),
        "X-Ray": price["trace"].of(traces(requests)),
        "S3": price["s3_gb"].of(0.2),
        "SSM and KMS": price["kms_request"].of((cold + usage.sweeps) * 3),
        "EventBridge": price["schedule_run"].of(usage.sweeps),
        "TiDB Cloud, requests": price["tidb_request_unit"].of(messages * usage.request_units),
        "TiDB Cloud, storage": price["tidb_gib"].of(messages * usage.months_kept * usage.row_bytes / 2**30),
        "SendGrid, from the 61st day": price["sendgrid_plan"].of(1),
        **{
            f"Gemini, {name}": messages * (usage.tokens_in * one.tokens_in + usage.tokens_out * one.tokens_out) / 1e6
            for name, one in models.items()
        },
    }


def traces(requests: float) -> float:
    """Of requests spread evenly over the month."""
    first = min(requests, float(SECONDS_A_MONTH))
    return first + (requests - first) * TRACED_SHARE


def table(counts: Iterable[int] = MESSAGES) -> str:
    """Dollars a month, for each number of messages a column."""
    bills = [(count, bill(count, Usage(), stack())) for count in counts]
    lines = [
        f"| dollars a month with … messages | {' | '.join(f'{count:,}' for count, _ in bills)} |",
        f"|---|{'---:|' * len(bills)}",
    ]
    aws = [name for name in bills[0][1] if not name.startswith(("TiDB", "SendGrid", "Gemini"))]
    lines += [_line(name, [one[name] for _, one in bills]) for name in aws]
    lines.append(_line("**AWS together**", [sum(one[name] for name in aws) for _, one in bills]))
    lines += [_line(name, [one[name] for _, one in bills]) for name in bills[0][1] if name not in aws]
    return "\n".join(lines)


def _line(name: str, dollars: list[float]) -> str:
    return f"| {name} | {' | '.join(f'{one:,.2f}' for one in dollars)} |"


def price_table() -> str:
    rates, models = prices()
    raw = tomllib.loads(PRICES.read_text())
    lines = ["| price | dollars | free each month, for ever | read |", "|---|---:|---:|---|"]
    for name, one in rates.items():
        free = f"{one.free:,.0f}" if one.free else ""
        mark = "" if one.sure else " **not verified**"
        lines.append(f"| {name.replace('_', ' ')} | {one.usd:.10f} | {free} | {one.source}{mark} |")
    for name, model in models.items():
        source = raw["gemini"][name]["source"] + ("" if model.sure else " **not verified**")
        lines.append(
            f"| {name}, a million tokens in / out | {model.tokens_in:.2f} / {model.tokens_out:.2f} | | {source} |"
        )
    return "\n".join(lines)


def paper(text: str) -> str:
    """docs/cost.md with its tables anew."""
    return with_tables(with_tables(text, "cost", table()), "prices", price_table())


if __name__ == "__main__":
    if wanted := [int(word) for word in sys.argv[1:]]:
        print(table(wanted))
    else:
        PAPER.write_text(paper(PAPER.read_text()))
        print(table())
