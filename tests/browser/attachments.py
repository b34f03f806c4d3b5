"""Files to attach, steps with them, and routes of attachments that answer within the browser as a test wants it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.support.browser import say, sign_in
from tests.support.people import People
from tests.support.pictures import png

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


PHOTO = {"name": "praia.png", "mimeType": "image/png", "buffer": png(800, 600)}
PDF = {"name": "contrato de aluguel.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 " * 100}
SOUND = {"name": "áudio.ogg", "mimeType": "audio/ogg", "buffer": b"OggS" * 100}


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
class AttachmentRoutes:
    page: Page
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    digest: dict[str, Any] = field(default_factory=dict)
    uploads: list[bytes] = field(default_factory=list)
    down: bool = False

    def __post_init__(self) -> None:
        self.page.route(re.compile(r"/chat/attachments(/|$)"), self._api)
        self.page.route("**/bucket-of-test", self._bucket)

    def _bucket(self, route: Route) -> None:
        if self.down:
            route.abort()
            return
        self.uploads.append(route.request.post_data_buffer or b"")
        route.fulfill(status=204)

    def _api(self, route: Route) -> None:
        request = route.request
        path = request.url.split("/chat/attachments", 1)[1].split("?")[0]
        if request.method == "POST" and not path:
            body = json.loads(request.post_data or "{}")
            number = len(self.rows) + 1
            kind = "imagem" if body["tipo"].startswith("image") else "audio" if "audio" in body["tipo"] else "pdf"
            self.rows[number] = {
                "id": number,
                "nome": body["nome"],
                "estado": "pronto",
                "motivo": None,
                "frase": None,
                "especie": kind,
                "tipo": body["tipo"],
                "tamanho": body["tamanho"],
                "paginas": 12 if kind == "pdf" else None,
                "segundos": 83 if kind == "audio" else None,
                "largura": 800 if kind == "imagem" else None,
                "altura": 600 if kind == "imagem" else None,
                "tokens": 258,
                "resumo_estado": "pendente",
                "resumo": None,
                "transcricao": None,
            }
            answer = {"id": number, "url": "/bucket-of-test", "campos": {"key": "k"}, "expira_em": 600}
            route.fulfill(status=201, json=answer)
            return
        number = int(path.split("/")[1])
        if path.endswith("/imagem"):
            route.fulfill(status=200, body=png(320, 240), content_type="image/png")
        elif path.endswith("/ready"):
            row = self.rows[number]
            if sentence := self.refused.get(row["nome"]):
                row.update(estado="recusado", motivo="refused", frase=sentence)
            route.fulfill(status=200, json=row)
        elif path.endswith("/arquivo"):
            route.fulfill(status=200, body=b"", content_type="audio/wav")
        elif request.method == "DELETE":
            self.deleted.append(number)
            route.fulfill(status=204)
        else:
            route.fulfill(status=200, json={**self.rows[number], **self.digest})


def open_sent(page: Page, people: People, *files: dict[str, Any]) -> AttachmentRoutes:
    """Send a question with files. Returns their routes."""
    routes = AttachmentRoutes(page)
    sign_in(page, people)
    choose(page, *files)
    ready(page, len(files))
    say(page, "Veja")
    return routes
