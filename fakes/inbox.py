"""Inbox: stores sent emails in a file and shows them as a page and as JSON."""

import html
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from aiohttp import web

_PAGE = Path(__file__).with_name("inbox.html")
_MAX_EMAILS = 1000
# Links of an email open in a new tab: inside the sandboxed frame they would not work.
_NEW_TAB = '<base target="_blank">'


@dataclass(frozen=True)
class Email:
    """One email as its recipient gets it."""

    to: str
    subject: str
    text: str
    html: str
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


class Inbox:
    """Stored emails: `emails` has the newest first; the file has one JSON object per line, oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text("utf-8").split("\n")[:-1] if path.exists() else []
        self.emails = [Email(**json.loads(line)) for line in reversed(lines[-_MAX_EMAILS:])]

    def add(self, emails: Iterable[Email]) -> None:
        """Add emails. Beyond 1,000, the oldest are no longer shown."""
        new = list(emails)
        self.emails = [*reversed(new), *self.emails][:_MAX_EMAILS]
        # Append instead of rewriting the file: the write blocks the event loop that also serves the gateway.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(email), ensure_ascii=False) + "\n" for email in new)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get("/messages.json", self._list),
            web.delete("/messages.json", self._empty),
        ]

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(email) for email in self.emails], headers={"Cache-Control": "no-store"})

    async def _empty(self, _request: web.Request) -> web.Response:
        self.emails = []
        self._path.unlink(missing_ok=True)
        return web.json_response([])

    async def _page(self, _request: web.Request) -> web.Response:
        page = Template(_PAGE.read_text("utf-8")).substitute(
            count=len(self.emails),
            newest=html.escape(self.emails[0].date if self.emails else ""),
            emails="".join(map(_email_html, self.emails)) or "<p>No emails yet.</p>",
        )
        return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-store"})


def _email_html(email: Email) -> str:
    # The sandbox gives the email's HTML no scripts and no origin.
    frame = (
        f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="Email as HTML" '
        f'srcdoc="{html.escape(_NEW_TAB + email.html)}"></iframe>'
        if email.html
        else ""
    )
    return (
        f"<article><h2>{html.escape(email.subject)}</h2>"
        f"<p>to <b>{html.escape(email.to)}</b> · <time>{html.escape(email.date)}</time></p>"
        f"{frame}<details{'' if frame else ' open'}><summary>Plain text</summary>"
        f"<pre>{html.escape(email.text)}</pre></details></article>"
    )
