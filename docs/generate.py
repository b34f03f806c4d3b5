"""Write the docs that repeat facts of the code: python docs/generate.py (make docs). A test finds outdated docs."""

import inspect
import json
from pathlib import Path
from typing import Any

from devcloud.template import read_template
from falaai import model_families, queue_messages, settings
from falaai.modes import Mode
from falaai_admin.application import build as build_admin
from falaai_attachments.application import build as build_attachments
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from falaai_chat.application import build_stream

DOCS = Path(__file__).resolve().parent
TEMPLATE = read_template(DOCS.parent / "template.yaml")
NOTICE = "<!-- Written by `make docs` from the code; change that instead. -->"
# The queue of each message. The template says which function receives it.
QUEUES = {
    queue_messages.TitleRequested: "TitlesQueue",
    queue_messages.SummaryRequested: "MemoryQueue",
    queue_messages.DigestRequested: "MemoryQueue",
    queue_messages.EmailRequested: "EmailQueue",
    queue_messages.ExportRequested: "ExportQueue",
    queue_messages.CleanupRequested: "CleanupQueue",
}


def generated_docs() -> dict[str, str]:
    """Return the text of every generated document by its file name."""
    return {
        "openapi.json": json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n",
        "routes.md": routes(),
        "settings.md": settings_page(),
        "queue-messages.md": messages(),
        "models.md": models(),
    }


def openapi() -> dict[str, Any]:
    """Return one OpenAPI document for the routes of all web functions."""
    applications = (build_auth(), build_admin(), build_chat(), build_stream(), build_attachments())
    documents = [app.openapi() for app in applications]
    whole = {**documents[0], "info": {**documents[0]["info"], "title": "FalaAI"}}
    whole["paths"] = {path: methods for one in documents for path, methods in one["paths"].items()}
    schemas = {name: schema for one in documents for name, schema in one["components"]["schemas"].items()}
    whole["components"] = {"schemas": dict(sorted(schemas.items()))}
    return whole


def routes() -> str:
    operations = openapi()["paths"]
    lines = [
        f"# Routes\n\n{NOTICE}\n",
        "Errors are `{detail, code}`, a 422 also has `fields`; a browser gets an error page. Requests that change",
        "data must name their `Origin`. `openapi.json` has all parameters and answers.\n",
        "| route | function | description |\n|---|---|---|",
    ]
    for route in sorted(TEMPLATE.routes, key=lambda route: (route.function, route.path, route.method)):
        if route.path.endswith("+}"):  # the framework's own answer
            what = "Answer 404 to every address that has no route."
        else:
            operation = operations[route.path][route.method.lower()]
            what = _one_line(operation.get("description") or operation["summary"].capitalize())
        lines.append(f"| {route.method} `{route.path}` | {route.function} | {what} |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    lines = [
        f"# Settings\n\n{NOTICE}\n",
        "Environment variables, set by `template.yaml` on AWS and by `.env` on one machine. A secret may be given",
        "as `ssm:NAME`, the name of an SSM parameter that is read at first use.",
    ]
    for group in settings.GROUPS:
        lines += [f"\n## {group.__name__.removesuffix('Settings')}\n", inspect.cleandoc(group.__doc__ or ""), ""]
        lines += ["| variable | kind | default | functions |\n|---|---|---|---|"]
        for name, field in group.model_fields.items():
            default = "required" if field.is_required() else _default(field.default)
            kind = "secret" if field.annotation is settings.SecretStr else _kind(field.annotation)
            users = [one.logical_id for one in TEMPLATE.functions.values() if name.upper() in one.variables]
            who = "all" if len(users) == len(TEMPLATE.functions) else ", ".join(users)
            lines.append(f"| `{name.upper()}` | {kind} | {default} | {who} |")
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else "empty"


def _kind(annotation: Any) -> str:
    kinds = {int: "whole number", float: "number", str: "text", settings.ExchangeRate: "number@day"}
    return kinds.get(annotation, "list, separated by commas")


def messages() -> str:
    lines = [f"# Queue messages\n\n{NOTICE}\n", inspect.cleandoc(queue_messages.__doc__ or ""), ""]
    workers = {trigger.queue: trigger for trigger in TEMPLATE.queue_triggers}
    queues = {queue.logical_id: queue.properties for queue in TEMPLATE.queues}
    for message, queue in QUEUES.items():
        trigger = workers[queue]
        named = (field.serialization_alias or name for name, field in message.model_fields.items())
        fields = ", ".join(f"`{name}`" for name in named) or "none"
        tries, hidden = queues[queue]["RedrivePolicy"]["maxReceiveCount"], queues[queue]["VisibilityTimeout"]
        lines += [
            f"## {message.__name__}\n",
            f"{_one_line(message.__doc__ or '')}\n",
            f"- {queue} → {trigger.function}, up to {trigger.batch_size} in a batch; fields: {fields}",
            f"- hidden for {hidden} s while a worker has it; moved to the dead-letter queue after {tries} tries\n",
        ]
    return "\n".join(lines)


def models() -> str:
    lines = [
        f"# Gemini's models\n\n{NOTICE}\n",
        inspect.cleandoc(model_families.__doc__ or "") + "\n",
        "A row is for all models whose names begin with its first words. *Rápido* and *Pensar mais* are the modes,",
        "with their level of thinking or their number of thinking tokens. Prices are dollars for a million tokens;",
        "thoughts count as output.\n",
        "| model | *Rápido* | *Pensar mais* | temperature | reads | input | output | source, day | note |",
        "|---|---|---|---|---|---:|---:|---|---|",
    ]
    for family in model_families.FAMILIES:
        fast, think = (f"`{family.thinking(mode)}`" for mode in Mode)
        temperature = f"`{model_families.TEMPERATURE}`" if family.has_sampling else "not sent"
        row = [f"`{family.prefix}`", fast, think, temperature, ", ".join(family.inputs), *_price(family.price)]
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "\nA web search is billed in addition. Gemini may make several queries for one reply. No price was found for",
        "a model that is missing here.\n",
        "| models | price of 1,000 | note | source, day | certainty |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.prefix}…` | {one.thousand:.2f} {one.unit} | {one.note} | {one.source}, {one.read_on}"
        f" | {one.certainty} |"
        for one in model_families.SEARCH_PRICES
    ]
    return "\n".join(lines) + "\n"


def _price(price: model_families.Price | None) -> list[str]:
    if price is None:
        return ["?", "?", "not found", ""]
    return [f"{price.tokens_in:.2f}", f"{price.tokens_out:.2f}", f"{price.source}, {price.read_on}", price.note]


def _one_line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    for name, text in generated_docs().items():
        (DOCS / name).write_text(text, encoding="utf-8")
