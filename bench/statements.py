"""Statements the database server counts for one request, BEGIN and COMMIT among them, and the handler's own time."""

import json
import time
from statistics import quantiles
from typing import Any

from bench.built import Built
from tests.lambda_process import LambdaProcess, http_event

WARM = 20
RUNS = 200


def table(built: Built) -> str:
    lines = ["| warm request | statements | p50 ms | p99 ms |", "|---|---|---|---|"]
    headers = {"cookie": built.cookie(), "origin": built.origin, "content-type": "application/json"}
    conversation = built.member.say("Bom dia")["conversation_id"]
    for _ in range(4):
        built.member.say("E mais uma", conversation_id=conversation)
    time.sleep(2)  # until its title has come and nothing else asks the database
    chat = built.cloud.function_processes("ChatFunction")[0]
    auth = built.cloud.function_processes("AuthFunction")[0]
    requests = {
        "GET /chat/{id}": (chat, http_event("GET", f"/chat/{conversation}", "/chat/{conversation_id}", **headers)),
        "GET /conversations": (chat, http_event("GET", "/conversations", **headers)),
        "GET /conversation/{id}": (
            chat,
            http_event("GET", f"/conversation/{conversation}", "/conversation/{conversation_id}", **headers),
        ),
        "GET /profile": (auth, http_event("GET", "/profile", **headers)),
        "GET /login": (auth, http_event("GET", "/login", accept="text/html")),
        "POST /chat/message": (
            chat,
            http_event(
                "POST",
                "/chat/message",
                body=json.dumps({"message": "Bom dia", "conversation_id": conversation}),
                **headers,
            ),
        ),
    }
    for name, (like, event) in requests.items():
        lines.append(_line(built, name, like, event))
    return "\n".join(lines)


def _questions(built: Built) -> int:
    return int(built.product.list("SHOW GLOBAL STATUS LIKE 'Questions'")[0]["Value"])


def _line(built: Built, name: str, like: int, event: dict[str, Any]) -> str:
    process = LambdaProcess(like)
    runs = 5 if event["httpMethod"] == "POST" else RUNS
    try:
        for _ in range(3 if runs < WARM else WARM):
            process.invoke(event)
        before = _questions(built)
        process.invoke(event)
        count = _questions(built) - before - 1  # asking is a statement too
        seconds = [process.invoke(event)[0] * 1000 for _ in range(runs)]
    finally:
        process.stop()
    cuts = quantiles(seconds, n=100)
    return f"| {name} | {count} | {cuts[49]:.1f} | {cuts[98]:.1f} |"
