"""Files of the message that is being written: attach, upload, retry, take out, send."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.attachments import (
    BUCKET,
    LOCKED,
    PDF,
    PHOTO,
    SOUND,
    Traffic,
    button,
    choose,
    draft,
    ready,
    sent_bodies,
)
from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People
from tests.support.waiting import wait_until


def test_file_is_attached_uploaded_and_sent(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = Traffic(page)
    bodies = sent_bodies(page)
    sign_in(page, people)
    button(page, "Anexar arquivo").click()
    screenshot(page, "attach-menu")
    with page.expect_file_chooser() as chooser:
        button(page, "Fotos e arquivos").click()
    chooser.value.set_files([PHOTO, PDF])  # type: ignore[list-item]
    expect(draft(page)).to_have_count(2)
    expect(draft(page).nth(1)).to_contain_text("PDF · 12 páginas")
    screenshot(page, "attached")
    assert b"%PDF-" in b"".join(traffic.uploads)
    say(page, "Compare os dois")
    expect(draft(page)).to_have_count(0)
    assert len(bodies[0]["anexos"]) == 2
    shown = page.get_by_role("list", name="Arquivos", exact=True)
    expect(shown.get_by_role("button", name="Abrir praia.jpg")).to_be_visible()
    expect(shown.get_by_role("button", name="Abrir contrato de aluguel.pdf")).to_be_visible()
    screenshot(page, "sent-files")


@pytest.mark.parametrize(
    ("files", "question"),
    [
        ([PHOTO], "O que há nesta imagem?"),
        ([PHOTO, PHOTO], "O que há nestas imagens?"),
        ([PDF], "Resuma este documento."),
        ([SOUND], "Transcreva e resuma este áudio."),
        ([PHOTO, PDF], "O que há nestes arquivos?"),
    ],
    ids=["image", "images", "document", "audio", "mixed"],
)
def test_files_without_words_ask_a_question_of_their_kind(
    new_page: Callable[..., Page], people: People, files: list[dict[str, Any]], question: str
) -> None:
    page = new_page()
    Traffic(page)
    sign_in(page, people)
    choose(page, *files)
    ready(page, len(files))
    button(page, "Enviar").click()
    expect(page.locator(".question")).to_have_text(question)


def test_pasted_and_dropped_files_are_attached(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    Traffic(page)
    sign_in(page, people)
    transfer = page.evaluate_handle(
        """() => { const files = new DataTransfer();
        files.items.add(new File(['x'], 'image.png', {type: 'image/png'})); return files; }"""
    )
    page.evaluate(
        """(clipboardData) => document.querySelector('#message').dispatchEvent(
        new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}))""",
        transfer,
    )
    expect(draft(page)).to_contain_text(["Imagem colada.png"])
    ready(page, 1)
    zone = page.locator("[data-part=main]")
    zone.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(zone).to_have_class("conversation conversation-drop")
    screenshot(page, "drop")
    zone.dispatch_event("drop", {"dataTransfer": transfer})
    expect(zone).to_have_class("conversation")
    ready(page, 2)


def test_words_pasted_with_a_picture_stay_words(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    is_taken = page.evaluate(
        """() => { const clipboardData = new DataTransfer(); clipboardData.setData('text/plain', 'palavras');
        clipboardData.items.add(new File(['x'], 'image.png', {type: 'image/png'}));
        return !document.querySelector('#message').dispatchEvent(
        new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true})); }"""
    )
    assert not is_taken
    expect(draft(page)).to_have_count(0)


def test_message_waits_for_its_upload_while_the_person_types(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = Traffic(page)
    bodies = sent_bodies(page)
    sign_in(page, people)
    held: list[Route] = []
    page.route(BUCKET, lambda route: held.append(route))
    choose(page, PDF)
    expect(page.get_by_role("progressbar", name="contrato de aluguel.pdf")).to_be_visible()
    field = page.get_by_label("Sua mensagem")
    field.press_sequentially("Quanto é")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A mensagem vai quando eles terminarem.")
    field.press_sequentially(" a multa?")
    assert bodies == []
    screenshot(page, "waits-for-upload")
    with page.expect_request("**/chat/stream"):
        held[0].continue_()
    expect(page.locator(".question")).to_have_text("Quanto é a multa?")
    expect(page.get_by_role("alert")).not_to_be_visible()
    assert [len(body["anexos"]) for body in bodies] == [1]
    assert traffic.deleted == []


def test_progress_is_shown_while_the_person_types(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    choose(page, PDF)  # this loads the script of files at full speed
    ready(page, 1)
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    page.evaluate(
        """() => { window.parts = new Set(); new MutationObserver(() => {
        const bar = document.querySelector('.draft-file-progress:not([hidden])');
        if (bar?.hasAttribute('value')) window.parts.add(bar.value);
        }).observe(document.querySelector('[data-part=draft-files]'),
            {subtree: true, childList: true, attributes: true}); }"""
    )
    choose(page, SOUND)
    field = page.get_by_label("Sua mensagem")
    field.press_sequentially("Enquanto isso")
    parts = "[...window.parts].filter((part) => part > 0 && part < 1).length"
    # The policy of the page forbids wait_for_function, which evaluates text.
    wait_until(lambda: page.evaluate(parts) >= 2, "two parts of the progress")
    expect(draft(page).nth(1)).to_contain_text("Enviando,")
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    ready(page, 2)
    expect(field).to_have_value("Enquanto isso")


def test_waiting_can_be_canceled_and_so_can_an_upload(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = Traffic(page)
    bodies = sent_bodies(page)
    sign_in(page, people)
    held: list[Route] = []
    page.route(BUCKET, lambda route: held.append(route))
    choose(page, PDF)
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_label("Sua mensagem").fill("Oi")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_role("button", name="Cancelar").click()
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    with page.expect_request(lambda request: request.method == "DELETE"):
        button(page, "Cancelar o envio de contrato de aluguel.pdf").click()
    expect(draft(page)).to_have_count(0)
    assert len(traffic.deleted) == 1
    assert bodies == []
    expect(page.get_by_label("Sua mensagem")).to_have_value("Oi")


def test_failed_upload_says_why_and_is_sent_again(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = Traffic(page)
    sign_in(page, people)
    traffic.is_down = True
    choose(page, PHOTO)
    expect(draft(page)).to_contain_text("Confira a internet e tente de novo.")
    page.get_by_label("Sua mensagem").fill("O que é?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Um arquivo não foi aceito ou não chegou.")
    screenshot(page, "upload-failed")
    traffic.is_down = False
    button(page, "Enviar praia.jpg de novo").click()
    ready(page, 1)
    expect(page.get_by_role("alert")).not_to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("O que é?")


def test_refused_files_are_told_in_words(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sentence = "Este PDF é protegido por senha."
    sign_in(page, people)
    choose(page, {**PHOTO, "name": "vazio.png", "buffer": b""}, LOCKED)
    expect(draft(page).nth(0)).to_contain_text("Este arquivo está vazio.")
    expect(draft(page).nth(1)).to_contain_text(sentence)
    expect(page.get_by_role("status").filter(has_text=sentence)).to_be_attached()
    button(page, "Retirar vazio.png").click()
    expect(button(page, "Retirar extrato.pdf")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    page.evaluate(
        """() => { const files = new DataTransfer();
        files.items.add(new File([new ArrayBuffer(20 * 1024 * 1024 + 1)], 'filme.mp4'));
        const input = document.querySelector('[data-part=choose-files]'); input.files = files.files;
        input.dispatchEvent(new Event('change')); }"""
    )
    expect(draft(page)).to_contain_text(["Este arquivo tem 20,1 MB; o limite é 20 MB."])


def test_sixth_file_is_refused(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    Traffic(page)
    sign_in(page, people)
    choose(page, *[{**PHOTO, "name": f"{number}.png"} for number in range(6)])
    expect(page.get_by_role("alert")).to_contain_text("Uma mensagem leva até 5 arquivos.")
    ready(page, 5)


def test_files_of_a_draft_survive_a_reload_and_a_refusal(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    Traffic(page)
    sign_in(page, people)
    choose(page, PHOTO)
    ready(page, 1)
    page.reload()
    ready(page, 1)
    page.route(
        "**/chat/stream",
        lambda route: route.fulfill(status=429, json={"code": "quota_reached", "detail": "Acabou por hoje."}),
    )
    say(page, "Onde é?", wait=False)
    expect(page.get_by_role("alert")).to_contain_text("Acabou por hoje.")
    ready(page, 1)
    expect(page.get_by_label("Sua mensagem")).to_have_value("Onde é?")
    expect(page.locator(".question")).to_have_count(0)
    button(page, "Nova conversa").first.click()
    ready(page, 1)


def test_question_with_files_that_was_not_sent_survives_a_reload(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    Traffic(page)
    bodies = sent_bodies(page)
    sign_in(page, people)
    choose(page, PHOTO)
    ready(page, 1)
    page.route("**/chat/stream", lambda route: route.abort())
    say(page, "Onde é?", wait=False)
    expect(page.get_by_text("Sem conexão.")).to_be_visible()
    page.unroute("**/chat/stream")
    page.reload()
    expect(button(page, "Abrir praia.jpg")).to_be_visible()
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    assert {(body["client_id"], tuple(body["anexos"])) for body in bodies} == {
        (bodies[0]["client_id"], tuple(bodies[0]["anexos"]))
    }
