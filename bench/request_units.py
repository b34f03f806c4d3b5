"""Request units and storage of TiDB Cloud for a message, from the measured work in database_use.toml.

TiDB with embedded storage counts request units for one copy and for one region of each table. TiDB Cloud bills the
same operations, and a write for each of three copies. How it spreads keys over regions and requests over batches is
unknown, so units are a range. At the low end a table is one region and a request is 0.7 of a batch, as TiDB counts.
At the high end each written key and each row that is read is in a region of its own, and a request is a batch.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ranges import Range, in_words, total, two_digits

USE = Path(__file__).with_name("database_use.toml")
RULES = Path(__file__).with_name("prices.toml")
# Names of the measured kinds of work.
KINDS = {
    "message": "a message with its reply",
    "partial_text": "the growing text of a reply is saved",
    "conversations": "`GET /conversations`",
    "chat_page": "`GET /chat/{id}`",
    "cleanup": "the cleanup deletes question, reply and key",
}
# How often each kind of work happens for one message. Assumed: a reply of six seconds, whose text is saved each
# second; the conversation list after each reply; a tenth of opening the chat page. Each message is deleted once.
TIMES = {"message": 1.0, "partial_text": 5.0, "conversations": 1.0, "chat_page": 0.1, "cleanup": 1.0}
# TiDB's own request units, as its summary shows them: a read of one row, and one request of a write, each with 0.7 of
# a batch. A written KiB is one unit.
OWN_READ, OWN_WRITE = 0.475, 1.7
# Requests of a write to one region: prepare and commit.
WRITES_OF_A_REGION = 2
# Milliseconds of TiDB's processor for a statement. Assumed.
CPU_MS: Range = (0.3, 1.0)
# TiDB's own encoding of rows, in relation to InnoDB's. Assumed.
ENCODING: Range = (1.0, 1.25)
MONTHS_KEPT = 3


@dataclass(frozen=True)
class Rows:
    """Rows of one table in a deployment, and their bytes with index entries on InnoDB."""

    table: str
    reason: str
    rows: float
    bytes: float

    @property
    def gib(self) -> Range:
        low, high = (self.rows * self.bytes * factor / 2**30 for factor in ENCODING)
        return low, high


def units(work: Mapping[str, float], rules: Mapping[str, float]) -> dict[str, Range]:
    """Return the request units of one piece of work, by cause."""
    cpu_low, cpu_high = (work["statements"] * each / rules["cpu_ms"] for each in CPU_MS)
    sent = work["bytes_sent"] / 1024 / rules["sent_kib"]
    read = 1 / rules["read_batches"] + 1 / rules["read_requests"]
    write = rules["replicas"] * (1 / rules["write_batches"] + 1 / rules["write_requests"])
    kib = work["bytes_written"] / 1024
    payload = kib * rules["replicas"] / rules["written_kib"]
    requests = max(0.0, work["units_written"] - kib) / OWN_WRITE
    further = WRITES_OF_A_REGION * (work["keys_written"] - work["regions_written"])
    return {
        "reading": (work["units_read"], work["units_read"] / OWN_READ * read + work["rows_read"] * read),
        "writing": (requests * OWN_WRITE * rules["replicas"] / rules["write_requests"], (requests + further) * write),
        "bytes written": (payload, payload),
        "processor": (cpu_low, cpu_high),
        "bytes sent": (sent, sent),
    }


def measured() -> dict[str, Any]:
    return tomllib.loads(USE.read_text())


def rules() -> dict[str, float]:
    raw = tomllib.loads(RULES.read_text())["tidb_request_unit_rules"]
    return {name: value for name, value in raw.items() if not isinstance(value, str)}


def units_of_message() -> dict[str, Range]:
    """Return the request units of one message by kind of work."""
    work = measured()["work"]
    kinds = {kind: units(work[kind], rules()).values() for kind in TIMES}
    return {
        kind: (TIMES[kind] * sum(low for low, _ in found), TIMES[kind] * sum(high for _, high in found))
        for kind, found in kinds.items()
    }


def stored(messages: float) -> list[Rows]:
    """Return the rows for this many messages a month by a tenth as many users, kept for 90 days."""
    each, users = measured()["row_bytes"], messages / 10
    plan = (
        ("mensagens", "question and reply, three months", 2 * messages * MONTHS_KEPT),
        ("conversas", "ten messages each", messages / 10 * MONTHS_KEPT),
        ("uso_diario", "three days a month for a user, 400 days", users * 3 * 400 / 30),
        ("usuarios", "ten messages a month each", users),
        ("sessoes", "one for a user", users),
    )
    return [Rows(table, reason, rows, each[table]) for table, reason, rows in plan]


def database_table(messages: int) -> str:
    """Return storage and request units for this many messages a month, in one table."""
    lines = [f"| {messages:,} messages a month | how often, or rows | each | together |", "|---|---|---:|---:|"]
    work = units_of_message()
    for kind, (low, high) in work.items():
        each = (low / TIMES[kind], high / TIMES[kind])
        million = (low * messages / 1e6, high * messages / 1e6)
        lines.append(
            f"| {KINDS[kind]} | {TIMES[kind]:g} a message | {in_words(each)} RU | {in_words(million)} M RU |"
        )
    low, high = total(work)
    million = (low * messages / 1e6, high * messages / 1e6)
    lines.append(
        f"| **request units together** | | {in_words((low, high))} RU a message | {in_words(million)} M RU |"
    )
    rows = stored(messages)
    for one in rows:
        count = f"{two_digits(one.rows / 1e6)} M rows: {one.reason}"
        lines.append(f"| `{one.table}` | {count} | {two_digits(one.bytes)} bytes | {in_words(one.gib)} GiB |")
    gib = total({one.table: one.gib for one in rows})
    lines.append(f"| **storage together** | | | {in_words(gib)} GiB |")
    return "\n".join(lines)


def free_messages(free_units: float) -> str:
    """Return the sentence about the free units of a month."""
    low, high = total(units_of_message())
    return (
        f"TiDB Cloud's free {free_units / 1e6:.0f} million request units last for {two_digits(free_units / high)} to"
        f" {two_digits(free_units / low)} messages a month."
    )
