"""Files to attach, steps with them, and what a page and the bucket say to each other about them."""

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.support import attachments
from tests.support.browser import say, sign_in
from tests.support.people import People

# A microphone that plays a tone of 440 Hz.
MICROPHONE = """
  navigator.mediaDevices.getUserMedia = async () => {
    if (window.refusal) throw new DOMException('no', window.refusal);
    const context = new AudioContext();
    const tone = context.createOscillator();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = 440;
    tone.connect(out);
    tone.start();
    window.tracks = out.stream.getTracks();
    return out.stream;
  };
"""
BUCKET = re.compile(r"/picturesbucket/?$")


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((900, 600), (-2, -1.2, 1, 1.2), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


PHOTO = {"name": "praia.jpg", "mimeType": "image/jpeg", "buffer": _jpeg()}
PDF = {"name": "contrato de aluguel.pdf", "mimeType": "application/pdf", "buffer": attachments.pdf(12)}
LOCKED = {"name": "extrato.pdf", "mimeType": "application/pdf", "buffer": attachments.pdf(1, "segredo")}
SOUND = {"name": "áudio.wav", "mimeType": "audio/wav", "buffer": attachments.wav(83)}


# An attachment whose digest is not there yet.
PENDING = {"resumo_estado": "pendente", "resumo": None, "transcricao": None}


def choose(page: Page, *files: dict[str, Any]) -> None:
    page.locator("[data-part=choose-files]").set_input_files(files)  # type: ignore[arg-type]


def draft(page: Page) -> Locator:
    return page.get_by_role("list", name="Arquivos desta mensagem").get_by_role("listitem")


def ready(page: Page, count: int) -> None:
    expect(page.locator(".draft-file[data-state=pronto]")).to_have_count(count)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def sent_bodies(page: Page) -> list[dict[str, Any]]:
    """Return a list that gets the bodies of questions as they are sent."""
    bodies: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/chat/stream"):
            bodies.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return bodies


@dataclass
class Traffic:
    """Requests of a page about files: `uploads` are the bodies sent to the bucket, `deleted` the ids of deleted
    attachments. With `is_down` the bucket cannot be reached. `digest` has fields that replace those of attachments.
    """

    page: Page
    uploads: list[bytes] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    digest: dict[str, Any] = field(default_factory=dict)
    is_down: bool = False

    def __post_init__(self) -> None:
        self.page.route(BUCKET, self._bucket)
        self.page.route(re.compile(r"/chat/attachments/\d+$"), self._attachment)

    def _bucket(self, route: Route) -> None:
        if self.is_down:
            route.abort()
            return
        self.uploads.append(route.request.post_data_buffer or b"")
        route.continue_()

    def _attachment(self, route: Route) -> None:
        if route.request.method == "DELETE":
            self.deleted.append(int(route.request.url.rpartition("/")[2]))
        if route.request.method != "GET" or not self.digest:
            route.continue_()
            return
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **self.digest})


def open_sent(page: Page, people: People, *files: dict[str, Any]) -> Traffic:
    """Send a question with files."""
    traffic = Traffic(page)
    sign_in(page, people)
    choose(page, *files)
    ready(page, len(files))
    say(page, "Veja")
    return traffic
