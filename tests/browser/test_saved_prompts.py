"""Saved prompts in the browser: "/" in the composer, suggestions of an empty page, and the page of the prompts."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People, Person

PROMPTS = {"Receita": "Receita de ___ para ___ pessoas", "Ata": "Escreva a ata desta reunião:", "Roteiro": "Roteiro"}


def with_prompts(page: Page, people: People) -> Person:
    """Sign in a member who has saved PROMPTS, and open an empty page."""
    member = sign_in(page, people, "/privacidade")
    for title, text in PROMPTS.items():
        member.http.post("/prompts", json={"titulo": title, "texto": text}).raise_for_status()
    page.goto("/chat")
    return member


def test_slash_lists_the_prompts_and_enter_takes_one(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    with_prompts(page, people)
    field = page.get_by_label("Sua mensagem")
    field.press_sequentially("/")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(page.locator("[data-part=status]")).to_have_text("3 mensagens prontas")
    screenshot(page, "saved-prompts")
    field.press_sequentially("r")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    field.press_sequentially("ec")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value("Receita de  para ___ pessoas")
    assert page.evaluate("document.querySelector('#message').selectionStart") == len("Receita de ")
    expect(page.locator(".message")).to_have_count(0)


def test_arrows_choose_and_words_without_a_prompt_are_a_message(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    with_prompts(page, people)
    field = page.get_by_label("Sua mensagem")
    field.press_sequentially("/")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Roteiro")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Ata")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Receita")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Escreva a ata desta reunião:")
    field.fill("")
    say(page, "/etc/hosts serve para quê?")
    expect(page.locator(".message-asked")).to_contain_text("/etc/hosts serve para quê?")


def test_click_takes_a_prompt_on_a_phone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE)
    with_prompts(page, people)
    field = page.get_by_label("Sua mensagem")
    field.press_sequentially("/")
    page.get_by_role("option").filter(has_text="Ata").click()
    expect(field).to_have_value("Escreva a ata desta reunião:")
    expect(page.get_by_role("option")).to_have_count(0)


def test_own_prompts_are_among_the_suggestions(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    with_prompts(page, people)
    suggestions = page.locator("[data-suggestion]")
    expect(suggestions).to_have_count(4)
    expect(suggestions.nth(2)).to_have_text("Roteiro")
    expect(suggestions.nth(3)).to_have_text("Ata")
    suggestions.nth(3).click()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Escreva a ata desta reunião:")
    page.get_by_label("Sua mensagem").fill("")
    say(page, "Oi")
    page.get_by_role("button", name="Nova conversa").first.click()
    expect(page.locator("[data-suggestion]").nth(2)).to_have_text("Roteiro")


def test_page_adds_changes_and_deletes(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people, "/mensagens-prontas")
    new = page.get_by_role("region", name="Nova mensagem pronta")
    new.get_by_role("button", name="Guardar").click()
    expect(new.get_by_text("Dê um nome à mensagem.")).to_be_visible()
    new.get_by_label("Nome").fill("Receita")
    new.get_by_label("Mensagem").fill("Receita de ___")
    new.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Mensagem guardada.")).to_be_visible()
    page.locator("summary").click()
    screenshot(page, "prompts-page")
    page.locator("details").get_by_label("Mensagem").fill("Receita rápida de ___")
    page.get_by_role("button", name="Salvar").click()
    expect(page.locator("summary")).to_contain_text("Receita rápida de ___")
    assert member.http.get("/prompts").json()[0]["texto"] == "Receita rápida de ___"
    page.locator("summary").click()
    page.get_by_role("button", name="Apagar “Receita”").click()
    expect(page.get_by_text("Mensagem apagada.")).to_be_visible()
    assert member.http.get("/prompts").json() == []
