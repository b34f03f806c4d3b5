"""Files in the chat page: attach, upload, send, look at, delete, record."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.browser.attachment_routes import AttachmentRoutes
from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People
from tests.support.pictures import png

PHOTO = {"name": "praia.png", "mimeType": "image/png", "buffer": png(800, 600)}
PDF = {"name": "contrato de aluguel.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 fake" * 100}
SOUND = {"name": "áudio.ogg", "mimeType": "audio/ogg", "buffer": b"OggS" * 100}


def choose(page: Page, *files: dict[str, Any]) -> None:
    page.locator("[data-part=choose-files]").set_input_files(files)  # type: ignore[arg-type]


def sent_bodies(page: Page) -> list[dict[str, Any]]:
    """Return a list that gets the bodies of questions as they are sent."""
    bodies: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/chat/stream"):
            bodies.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return bodies


def test_file_is_attached_uploaded_and_sent(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    routes = AttachmentRoutes(page)
    bodies = sent_bodies(page)
    sign_in(page, people)
    page.get_by_role("button", name="Anexar arquivo").click()
    screenshot(page, "attach-menu")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Fotos e arquivos").click()
    chooser.value.set_files([PHOTO, PDF])  # type: ignore[list-item]
    files = page.get_by_role("list", name="Arquivos desta mensagem").get_by_role("listitem")
    expect(files).to_have_count(2)
    expect(files.nth(1)).to_contain_text("PDF · 12 páginas")
    screenshot(page, "attached")
    assert b"%PDF-1.7" in b"".join(routes.uploads)
    say(page, "Compare os dois")
    expect(files).to_have_count(0)
    assert bodies[0]["anexos"] == [1, 2]
    shown = page.get_by_role("list", name="Arquivos", exact=True)
    expect(shown.get_by_role("button", name="Abrir praia.png")).to_be_visible()
    expect(shown.get_by_role("button", name="Abrir contrato de aluguel.pdf")).to_be_visible()
    screenshot(page, "sent-files")
