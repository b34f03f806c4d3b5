"""Saved prompts, the memory and ratings on a desktop, on a phone, in the dark and in forced colors."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, say, screenshot, sign_in
from tests.support.people import People

LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "forced": {"viewport": DESKTOP, "forced_colors": "active"},
}
LONG = "Escreva um e-mail para ___ sobre ___ em tom cordial, com um parágrafo de abertura e outro de encerramento"
PROMPTS = {"Receita": "Receita de ___ para ___ pessoas", "E-mail cordial": LONG, "Ata": "Escreva a ata:"}
FACTS = (
    "Moro em Natal",
    "Supercalifragilisticexpialidocious" * 5,
    "Gosto de café sem açúcar, de preferência à tarde",
)
# The smallest target of WCAG 2.2, in pixels.
TARGET = 24


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def has_room(page: Page) -> bool:
    """Return whether the page is as wide as the window, and no wider."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def small_targets(within: Locator) -> list[str]:
    """Return the buttons and links that are shown and too small to hit. Links inside of a sentence may be smaller."""
    found = within.locator("button:visible, summary:visible").all()
    boxes = [(one.evaluate("(e) => e.outerHTML.slice(0, 80)"), one.bounding_box()) for one in found]
    return [html for html, box in boxes if box and (box["width"] < TARGET or box["height"] < TARGET)]


def test_saved_prompts(new_page: Callable[..., Page], people: People, look: str) -> None:
    page = new_page(**LOOKS[look])
    member = sign_in(page, people, "/privacidade")
    for title, text in PROMPTS.items():
        member.http.post("/prompts", json={"titulo": title, "texto": text}).raise_for_status()
    page.goto("/chat")
    expect(page.locator("[data-suggestion]").nth(3)).to_have_text("E-mail cordial")
    screenshot(page, f"suggestions-{look}")
    assert has_room(page)
    page.get_by_label("Sua mensagem").press_sequentially("/")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    screenshot(page, f"prompts-{look}")
    assert has_room(page)
    panel = page.locator("[data-part=prompt-panel]")
    assert panel.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    other = page.get_by_role("option", selected=False).first
    looks = "(e) => { const s = getComputedStyle(e); return s.backgroundColor + s.outlineColor + s.outlineStyle; }"
    assert chosen.evaluate(looks) != other.evaluate(looks)
    box, field = panel.bounding_box(), page.locator(".composer").bounding_box()
    assert box
    assert field
    assert (box["x"], box["width"]) == (field["x"], field["width"])
    assert box["y"] + box["height"] <= field["y"]
    assert box["y"] >= 0


def test_page_of_saved_prompts(new_page: Callable[..., Page], people: People, look: str) -> None:
    page = new_page(**LOOKS[look])
    member = sign_in(page, people, "/privacidade")
    page.goto("/mensagens-prontas")
    screenshot(page, f"prompts-page-empty-{look}")
    for title, text in PROMPTS.items():
        member.http.post("/prompts", json={"titulo": title, "texto": text}).raise_for_status()
    page.reload()
    expect(page.locator("details")).to_have_count(3)
    page.locator("summary").nth(1).click()
    page.screenshot(path=screenshot(page, f"prompts-page-{look}"), full_page=True)
    assert has_room(page)
    assert small_targets(page.locator("main")) == []


def test_page_of_the_memory(new_page: Callable[..., Page], people: People, look: str) -> None:
    page = new_page(**LOOKS[look])
    member = sign_in(page, people, "/privacidade")
    page.goto("/memoria")
    screenshot(page, f"memory-empty-{look}")
    member.say("Lembre que eu torço pelo Náutico.")
    for text in FACTS:
        member.http.post("/memory", json={"texto": text}).raise_for_status()
    page.reload()
    expect(page.locator(".memory-facts li")).to_have_count(4)
    page.screenshot(path=screenshot(page, f"memory-{look}"), full_page=True)
    assert has_room(page)
    assert small_targets(page.locator("main")) == []
    page.get_by_role("button", name="Editar “Moro em Natal”").click()
    screenshot(page, f"memory-edit-{look}")
    assert has_room(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pausar a memória").click()
    expect(page.get_by_text("Memória em pausa.")).to_be_visible()
    screenshot(page, f"memory-paused-{look}")


def test_reply_with_a_rating_and_a_stored_fact(new_page: Callable[..., Page], people: People, look: str) -> None:
    page = new_page(**LOOKS[look])
    sign_in(page, people)
    say(page, "Lembre que eu torço pelo Náutico.")
    expect(page.locator(".remembered")).to_be_visible()
    page.get_by_role("button", name="Resposta ruim").click()
    expect(page.get_by_role("group", name="O que houve?")).to_be_visible()
    screenshot(page, f"rated-{look}")
    assert has_room(page)
    assert small_targets(page.locator(".message-answered")) == []
