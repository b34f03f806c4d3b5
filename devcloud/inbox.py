"""The letters that were sent, kept in a file, as a page and as JSON."""

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
_KEPT = 1000
# A link of a letter opens in a tab of its own, where it works as it would for its reader.
_NEW_TAB = '<base target="_blank">'


@dataclass(frozen=True)
class Letter:
    """One letter as its reader gets it."""

    to: str
    subject: str
    text: str
    html: str
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


class Inbox:
    """`letters`, newest first, one to a line of a file; `routes()` is its HTTP face."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text("utf-8").split("\n")[:-1] if path.exists() else []
        self.letters = [Letter(**json.loads(line)) for line in reversed(lines[-_KEPT:])]

    def add(self, letters: Iterable[Letter]) -> None:
        """Puts letters on top; the oldest of very many are dropped."""
        new = list(letters)
        self.letters = [*reversed(new), *self.letters][:_KEPT]
        # Added to the file, which is not written anew: whoever serves the letters serves the product's requests too.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(letter), ensure_ascii=False) + "\n" for letter in new)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get("/messages.json", self._list),
            web.delete("/messages.json", self._empty),
        ]

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(letter) for letter in self.letters], headers={"Cache-Control": "no-store"})

    async def _empty(self, _request: web.Request) -> web.Response:
        self.letters = []
        self._path.unlink(missing_ok=True)
        return web.json_response([])

    async def _page(self, _request: web.Request) -> web.Response:
        page = Template(_PAGE.read_text("utf-8")).substitute(
            count=len(self.letters),
            newest=html.escape(self.letters[0].date if self.letters else ""),
            letters="".join(map(_article, self.letters)) or "<p>No letters yet.</p>",
        )
        return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-store"})


def _article(letter: Letter) -> str:
    # The letter's own HTML runs without scripts and without an origin, whatever it holds.
    frame = (
        f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="Letter as HTML" '
        f'srcdoc="{html.escape(_NEW_TAB + letter.html)}"></iframe>'
        if letter.html
        else ""
    )
    return (
        f"<article><h2>{html.escape(letter.subject)}</h2>"
        f"<p>to <b>{html.escape(letter.to)}</b> · <time>{html.escape(letter.date)}</time></p>"
        f"{frame}<details{'' if frame else ' open'}><summary>Plain text</summary>"
        f"<pre>{html.escape(letter.text)}</pre></details></article>"
    )
