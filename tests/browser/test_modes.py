"""The switch of modes at the composer: by keyboard and by touch, on a phone and on a desktop, kept for the person."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Request, expect

from tests.support.browser import DESKTOP, PHONE, say, screenshot, sign_in, take_session
from tests.support.people import People
from tests.support.rows import Rows

SMALL = {"width": 320, "height": 640}
SENTENCE = "Pensando. Neste modo, a resposta pode levar um minuto ou mais."


def sent_modes(page: Page) -> list[str]:
    """Return a list that grows by the mode of each request for a reply."""
    modes: list[str] = []

    def record(request: Request) -> None:
        if request.url.endswith("/chat/stream"):
            modes.append(json.loads(request.post_data or "{}")["modo"])

    page.on("request", record)
    return modes


def test_switch_is_chosen_by_keyboard_and_named_for_screen_readers(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    modes = sent_modes(page)
    fast, think = page.get_by_role("radio", name="Rápido"), page.get_by_role("radio", name="Pensar mais")
    expect(page.get_by_role("group", name="Modo da resposta")).to_be_visible()
    expect(fast).to_be_checked()
    say(page, "Uma pergunta simples")
    page.get_by_label("Sua mensagem").focus()
    page.keyboard.press("Tab")  # to the switch of web search
    page.keyboard.press("Tab")
    expect(fast).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(think).to_be_checked()
    expect(think).to_have_accessible_description("restam 20 hoje")
    page.keyboard.press("Shift+Escape")
    say(page, "Uma pergunta difícil")
    expect(think).to_have_accessible_description("restam 19 hoje")
    expect(page.locator(".message-mode:visible")).to_have_text(["Pensou mais"])
    page.reload()
    expect(page.locator(".message-mode:visible")).to_have_text(["Pensou mais"])
    expect(page.get_by_text("restam 199 mensagens hoje")).to_be_visible()  # the other counter stays
    page.get_by_role("button", name="Responder de novo").click()
    expect(think).to_have_accessible_description("restam 18 hoje")
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(2)
    page.get_by_role("button", name="Editar pergunta").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Editar pergunta").fill("Uma pergunta fácil")
    fast.check()
    page.locator(".question-actions").get_by_role("button", name="Enviar").click()
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(2)
    expect(page.get_by_text("restam 198 mensagens hoje")).to_be_visible()
    expect(page.locator(".message-mode:visible")).to_have_count(0)
    assert modes == ["rapido", "pensar", "pensar", "rapido"]


def test_choice_is_kept_for_the_person_in_this_browser(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    think = page.get_by_role("radio", name="Pensar mais")
    think.check()
    page.reload()
    expect(think).to_be_checked()
    say(page, "Nova conversa, mesmo modo")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(think).to_be_checked()
    page.context.clear_cookies()
    take_session(page, people.member())
    page.goto("/chat")
    expect(page.get_by_role("radio", name="Rápido")).to_be_checked()


def test_palette_changes_the_mode(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("Modo")
    expect(page.get_by_role("option", name="Modo: Rápido")).to_have_count(0)
    page.get_by_role("option", name="Modo: Pensar mais").click()
    expect(page.get_by_role("radio", name="Pensar mais")).to_be_checked()


def test_wait_is_explained_sooner_while_the_model_thinks(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_role("radio", name="Pensar mais").check()
    gemini(fault="pause", times=1)
    explained = page.locator(".reply-problem").get_by_text(SENTENCE)
    page.clock.install()
    say(page, "Uma pergunta difícil", wait=False)
    expect(page.locator(".message-answered[data-id]")).to_have_count(1)
    page.clock.fast_forward(3_001)  # a wait in the other mode is explained after 8 seconds
    expect(explained).to_be_visible()
    screenshot(page, "modes-thinking")
    gemini(fault=None)
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    expect(explained).to_have_count(0)


def test_used_up_quota_is_told_and_the_fast_mode_still_answers(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    think = page.get_by_role("radio", name="Pensar mais")
    think.check()
    say(page, "Uma")
    product.run(
        "UPDATE uso_diario SET pensadas = 20 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)",
        member.email,
    )
    say(page, "Mais uma", wait=False)
    expect(page.get_by_text("O Rápido continua disponível.")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Mais uma")
    expect(think).to_have_accessible_description("acabou por hoje")
    screenshot(page, "modes-used-up")
    page.reload()
    expect(think).to_be_checked()
    expect(think).to_have_accessible_description("acabou por hoje")
    page.get_by_role("radio", name="Rápido").check()
    say(page, "Mais uma")
    expect(page.get_by_text("restam 199 mensagens hoje")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("small", SMALL), ("desktop", DESKTOP)])
def test_switch_fits(
    new_page: Callable[..., Page], people: People, name: str, size: dict[str, int], look: str
) -> None:
    page = new_page(size, look, has_touch=name != "desktop")
    sign_in(page, people)
    page.get_by_role("radio", name="Pensar mais").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    # The labels, the button that dictates, and the button that sends: large enough for a thumb, none over another.
    places = (".mode label >> nth=0", ".mode label >> nth=1", ".composer-dictate", ".composer-send")
    boxes = [page.locator(place).bounding_box() for place in places]
    assert all(box and box["height"] >= 44 and box["width"] >= 44 for box in boxes)
    ends = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(one[1] <= other[0] for one, other in pairwise(ends))
    assert ends[-1][1] <= size["width"]
    screenshot(page, f"modes-{name}-{look}")
