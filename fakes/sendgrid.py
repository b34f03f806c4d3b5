"""Fake of SendGrid's POST /v3/mail/send: python -m fakes.sendgrid HOST PORT FILE

It stores every email in FILE and shows them as the inbox, a page on the same port.

PUT /admin/faults  {"status": 429, 500, 401, 413, "timeout" or null, "times": number of calls, or until removed}
PUT /admin/keys    {"keys": […]}: known API keys; others get 401. Without it, or with null, any key is known
"""

import asyncio
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

from aiohttp import web

from fakes.inbox import Email, Inbox
from fakes.server import run

_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message"
_FAULTS = {
    401: "The provided authorization grant is invalid, expired, or revoked",
    413: "The JSON payload you have included in your request is too large.",
    429: "too many requests",
    500: "internal server error",
}


class SendgridFake:
    """Fake of SendGrid. `application()` returns its HTTP routes and those of the inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._fault: int | str | None = None
        self._times: int | None = None
        self._keys: list[str] | None = None

    def application(self) -> web.Application:
        application = web.Application(client_max_size=30 * 1024 * 1024)
        application.add_routes(
            [
                web.post("/v3/mail/send", self._send),
                web.put("/admin/faults", self._set_fault),
                web.put("/admin/keys", self._set_keys),
            ]
        )
        application.add_routes(self._inbox.routes())
        return application

    async def _send(self, request: web.Request) -> web.Response:
        fault = self._next_fault()
        if fault == "timeout":
            # Wait until the client disconnects or the fake stops.
            await asyncio.Event().wait()
        if isinstance(fault, int):
            return _refusal(fault, [_error(_FAULTS[fault])])
        key = re.fullmatch(r"Bearer (\S+)", request.headers.get("Authorization", ""))
        if not key or (self._keys is not None and key[1] not in self._keys):
            return _refusal(401, [_error(_FAULTS[401])])
        try:
            message = await request.json()
        except json.JSONDecodeError:
            return _refusal(400, [_error("Bad Request")])
        errors = check(message)
        if errors:
            return _refusal(400, errors)
        self._inbox.add(emails_of(message))
        return web.Response(status=202, headers={"X-Message-Id": uuid.uuid4().hex[:22]})

    async def _set_fault(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        if wanted.get("status") not in (None, "timeout", *_FAULTS):
            raise web.HTTPBadRequest(text=f"known: {', '.join(map(str, _FAULTS))}, timeout, null")
        self._fault, self._times = wanted.get("status"), wanted.get("times")
        return web.json_response({})

    async def _set_keys(self, request: web.Request) -> web.Response:
        self._keys = (await request.json())["keys"]
        return web.json_response({})

    def _next_fault(self) -> int | str | None:
        fault = self._fault
        if fault is not None and self._times is not None:
            self._times -= 1
            if self._times <= 0:
                self._fault = None
        return fault


def emails_of(message: dict[str, Any]) -> list[Email]:
    """Return one email for each personalization of a message."""
    contents = {content["type"]: content["value"] for content in message["content"]}
    return [
        Email(
            to=", ".join(recipient["email"] for recipient in personalization["to"]),
            subject=personalization.get("subject") or message.get("subject", ""),
            text=contents.get("text/plain", ""),
            html=contents.get("text/html", ""),
        )
        for personalization in message["personalizations"]
    ]


def check(message: Any) -> list[dict[str, Any]]:
    """Return the errors that the real API would report for a message, with its texts. Empty if it is valid."""
    if not isinstance(message, dict):
        return [_error("Bad Request")]
    errors = []
    sender = message.get("from")
    if not isinstance(sender, dict) or not sender.get("email"):
        needed = "The from object must be provided for every email send. It is an object that requires the email"
        errors.append(_error(f"{needed} parameter, but may also contain a name parameter.", "from", "from"))
    elif not _ADDRESS.fullmatch(str(sender["email"])):
        errors.append(_error("The from email does not contain a valid address.", "from.email", "from"))
    personalizations = message.get("personalizations")
    if not isinstance(personalizations, list) or not personalizations:
        errors.append(_error("The personalizations field is required and must have at least one personalization.",
                             "personalizations", "personalizations"))  # fmt: skip
        personalizations = []
    errors += [error for number, one in enumerate(personalizations) for error in _check_recipients(number, one)]
    if not message.get("subject") and not (personalizations and all(one.get("subject") for one in personalizations)):
        errors.append(_error("The subject is required. You can get around this requirement if you use a template "
                             "with a subject defined or if every personalization has a subject defined.",
                             "subject", "subject"))  # fmt: skip
    return errors + _check_content(message.get("content"))


def _check_recipients(number: int, personalization: dict[str, Any]) -> list[dict[str, Any]]:
    field = f"personalizations.{number}.to"
    recipients = personalization.get("to")
    if not isinstance(recipients, list) or not recipients:
        return [_error("The to array is required for all personalization objects, and must have at least one email "
                       "object with a valid email address.", field, "personalizations.to")]  # fmt: skip
    errors = [
        _error("Does not contain a valid address.", f"{field}.{index}.email", "personalizations.to")
        for index, recipient in enumerate(recipients)
        if not _ADDRESS.fullmatch(str(recipient.get("email", "")))
    ]
    addresses = [str(recipient.get("email", "")).lower() for recipient in recipients]
    if len(set(addresses)) < len(addresses):
        errors.append(_error("Each email address in the personalization block should be unique between to, cc, and "
                             "bcc.", f"personalizations.{number}", "recipient-errors"))  # fmt: skip
    return errors


def _check_content(contents: Any) -> list[dict[str, Any]]:
    if not isinstance(contents, list) or not contents:
        return [_error("Unless a valid template_id is provided, the content parameter is required. There must be at "
                       "least one defined content block.", "content", "content")]  # fmt: skip
    errors = [
        _error("The content value must be a string at least one character in length.",
               f"content.{index}.value", "content.value")
        for index, content in enumerate(contents)
        if not isinstance(content.get("value"), str) or not content["value"]
    ]  # fmt: skip
    types = [content.get("type") for content in contents]
    if "text/plain" in types[1:]:
        errors.append(_error("If present, text/plain and text/html may only be provided once, and text/plain must be "
                             "first, followed by text/html.", "content", "content"))  # fmt: skip
    return errors


def _error(message: str, field: str | None = None, help_anchor: str = "") -> dict[str, Any]:
    return {"message": message, "field": field, "help": f"{_HELP}.{help_anchor}" if help_anchor else None}


def _refusal(status: int, errors: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"errors": errors}, status=status)


if __name__ == "__main__":
    run(SendgridFake(Inbox(Path(sys.argv[3]))).application(), sys.argv[1], int(sys.argv[2]))
