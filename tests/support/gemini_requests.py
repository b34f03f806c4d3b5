"""Requests to the Gemini fake over HTTP, and the text of its answers."""

import base64
import json
from typing import Any

import httpx

MODEL = "gemini-2.5-flash"


def turns(*texts: str) -> list[dict[str, Any]]:
    """Return the contents of a request: the texts of user and model in turn."""
    roles = ("user", "model")
    return [{"role": roles[number % 2], "parts": [{"text": text}]} for number, text in enumerate(texts)]


def parts(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the contents of a request with one turn of these parts."""
    return [{"role": "user", "parts": list(given)}]


def generate(gemini: httpx.Client, *texts: str, model: str = MODEL, system: str = "", **more: Any) -> httpx.Response:
    body: dict[str, Any] = {"contents": turns(*texts), **more}
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    return gemini.post(f"/v1beta/models/{model}:generateContent", json=body)


def stream(gemini: httpx.Client, *texts: str, model: str = MODEL) -> tuple[int, list[dict[str, Any]]]:
    """Return the status and the events of a streamed answer."""
    body = {"contents": turns(*texts)}
    with gemini.stream("POST", f"/v1beta/models/{model}:streamGenerateContent?alt=sse", json=body) as response:
        if response.status_code != 200:
            response.read()
            return response.status_code, []
        events = response.read().decode().split("\r\n\r\n")
    assert events[-1] == ""
    assert all(event.startswith("data: ") for event in events[:-1])
    return 200, [json.loads(event[6:]) for event in events[:-1]]


def said(response: dict[str, Any]) -> str:
    """Return the text of an answer, or of one event of it."""
    return "".join(part["text"] for part in response["candidates"][0]["content"].get("parts", []))


def fault(gemini: httpx.Client, **wanted: Any) -> None:
    assert gemini.put("/admin/faults", json=wanted).status_code == 200


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def ask_about(gemini: httpx.Client, *files: dict[str, Any], text: str = "Oi") -> httpx.Response:
    """Ask a question about files, each given as a part of the request."""
    body = {"contents": parts(*files, {"text": text})}
    return gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body)


def answer_of(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["candidates"][0]["content"]["parts"][0]["text"])
