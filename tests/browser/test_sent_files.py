"""Files of sent questions: the viewer, transcript, reading again, deletion; and how it all fits on small screens."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attachments import (
    MICROPHONE,
    PDF,
    PENDING,
    PHOTO,
    SOUND,
    button,
    choose,
    draft,
    open_sent,
    ready,
)
from tests.support.browser import DESKTOP, PHONE, edit_question, screenshot
from tests.support.people import People

SMALL = {"width": 320, "height": 640}


def test_viewer_by_keyboard(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = open_sent(page, people, PHOTO, PDF)
    traffic.digest = {"resumo_estado": "pronto", "resumo": "Uma praia ao pôr do sol."}
    button(page, "Abrir praia.jpg").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="praia.jpg")
    expect(dialog.get_by_role("img", name="praia.jpg")).to_be_visible()
    expect(dialog).to_contain_text("Uma praia ao pôr do sol.")
    expect(dialog).to_contain_text("Arquivo 1 de 2")
    screenshot(page, "viewer")
    page.keyboard.press("ArrowRight")
    dialog = page.get_by_role("dialog", name="contrato de aluguel.pdf")
    expect(dialog.get_by_role("link", name="Abrir em outra aba")).to_have_attribute(
        "href", re.compile(r"^/chat/attachments/\d+/arquivo\?abrir=1$")
    )
    expect(dialog.get_by_role("link", name="Baixar")).to_have_attribute(
        "href", re.compile(r"^/chat/attachments/\d+/arquivo$")
    )
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(button(page, "Abrir praia.jpg")).to_be_focused()


def test_transcript_appears_when_it_is_ready_and_is_copied(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    traffic = open_sent(page, people, SOUND)
    traffic.digest = PENDING
    expect(page.locator(".attachment audio")).to_be_visible()
    button(page, "Abrir áudio.wav").click()
    dialog = page.get_by_role("dialog", name="áudio.wav")
    expect(dialog).to_contain_text("Áudio · 1:23")
    expect(dialog).to_contain_text("A transcrição está sendo feita")
    traffic.digest = {}
    expect(dialog).to_contain_text("Transcrição de demonstração de um áudio de 83 segundos")
    expect(page.get_by_role("status").filter(has_text="A transcrição está pronta.")).to_be_attached()
    dialog.get_by_role("button", name="Copiar transcrição").click()
    screenshot(page, "viewer-audio")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Transcrição de demonstração de um áudio de 83 segundos")


def test_sound_plays_from_the_bucket(new_page: Callable[..., Page], people: People) -> None:
    """The policy of the page allows it, and nothing else of another origin."""
    page = new_page()
    open_sent(page, people, SOUND)
    page.reload()
    player = page.locator(".attachment audio")
    player.evaluate("async (it) => { it.muted = true; await it.play(); }")
    assert player.evaluate("(it) => Math.round(it.duration)") == 83


def test_edited_question_keeps_its_files(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    open_sent(page, people, PDF)
    item = page.locator("[data-attachment]")
    before = json.loads(item.get_attribute("data-attachment") or "")["id"]
    edit_question(page, "Veja", "Resuma")
    expect(page.locator("[data-part=versions]:visible")).to_have_count(1)
    expect(item).to_have_attribute("data-attachment", re.compile(rf'"id":(?!{before},)'))
    button(page, "Abrir contrato de aluguel.pdf").click()
    expect(page.get_by_role("dialog")).to_contain_text("PDF · 12 páginas")


def test_file_is_read_again_with_the_next_question(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    open_sent(page, people, PDF)
    button(page, "Abrir contrato de aluguel.pdf").click()
    page.get_by_role("dialog").get_by_role("button", name="Reler o arquivo").click()
    expect(draft(page)).to_contain_text(["será lido de novo"])
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    screenshot(page, "reread")
    page.keyboard.type("E a cláusula 7?")
    with page.expect_request("**/chat/stream") as asked:
        page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_count(2)
    expect(draft(page)).to_have_count(0)
    assert len(asked.value.post_data_json["reler"]) == 1
    assert "anexos" not in asked.value.post_data_json


def test_file_is_deleted_after_a_second_yes(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = open_sent(page, people, PHOTO)
    button(page, "Abrir praia.jpg").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Apagar arquivo").click()
    expect(dialog).to_contain_text("Apagar este arquivo?")
    screenshot(page, "viewer-delete")
    dialog.get_by_role("button", name="Cancelar").click()
    assert traffic.deleted == []
    dialog.get_by_role("button", name="Apagar arquivo").click()
    dialog.get_by_role("button", name="Apagar arquivo").click()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("list", name="Arquivos", exact=True)).to_contain_text("arquivo apagado")
    expect(button(page, "Abrir praia.jpg")).to_have_count(0)
    assert len(traffic.deleted) == 1


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("small", SMALL), ("desktop", DESKTOP)])
def test_everything_fits(
    new_page: Callable[..., Page], people: People, name: str, size: dict[str, int], look: str
) -> None:
    page = new_page(size, look, has_touch=name != "desktop", is_mobile=name != "desktop")
    page.add_init_script(MICROPHONE)
    traffic = open_sent(page, people, PHOTO, PDF, SOUND)
    choose(page, PHOTO, {**PDF, "name": f"{'nome comprido ' * 12}.pdf"})
    ready(page, 2)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    boxes = [one.bounding_box() for one in page.locator(".composer button:visible").all()]
    assert all(box and box["width"] >= 44 and box["height"] >= 44 for box in boxes)
    screenshot(page, f"files-{name}-{look}")
    button(page, "Anexar arquivo").click()
    expect(button(page, "Tirar foto")).to_be_visible(visible=name != "desktop")
    screenshot(page, f"files-menu-{name}-{look}")
    button(page, "Gravar áudio").click()
    expect(page.get_by_role("group", name="Gravando")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    screenshot(page, f"files-recording-{name}-{look}")
    button(page, "Descartar gravação").click()
    traffic.digest = {"resumo_estado": "pronto", "resumo": "Uma praia.\n" * 30}
    button(page, "Abrir praia.jpg").click()
    expect(page.get_by_role("dialog")).to_contain_text("Uma praia.")
    box = page.get_by_role("dialog").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    screenshot(page, f"files-viewer-{name}-{look}")
