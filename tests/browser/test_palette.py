"""The command palette and the list of keys: by keyboard and by touch, on a desktop, a phone and a Mac."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browser import DESKTOP, say, screenshot, sign_in
from tests.support.people import People

SMALL = {"width": 320, "height": 640}
MAC = "Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' });"


def chosen(page: Page) -> Locator:
    """The option that the field names as chosen."""
    return page.locator(f"#{page.get_by_role('combobox').get_attribute('aria-activedescendant')}")


def open_palette(page: Page) -> Locator:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Buscar conversas e comandos")
    expect(field).to_be_focused()
    return field


def test_palette_lists_conversations_and_commands(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "O manjericão da varanda precisa de sol")
    page.get_by_role("button", name="Nova conversa").first.click()
    say(page, "Plano de viagem")
    page.get_by_label("Sua mensagem").fill("meio texto")
    field = open_palette(page)
    groups = page.get_by_role("listbox").get_by_role("group")
    expect(groups).to_have_count(2)
    assert [group.get_attribute("aria-label") for group in groups.all()] == ["Conversas recentes", "Comandos"]
    expect(groups.first.get_by_role("option")).to_have_count(1)  # the other one is open
    expect(page.get_by_role("option", name="Parar a resposta")).to_have_count(0)
    screenshot(page, "palette")

    expect(chosen(page)).to_have_attribute("aria-selected", "true")
    first = chosen(page).inner_text()
    page.keyboard.press("ArrowUp")
    assert chosen(page).inner_text() == "Sair"
    page.keyboard.press("ArrowDown")
    assert chosen(page).inner_text() == first
    expect(page.get_by_role("option", selected=True)).to_have_count(1)

    field.fill("MANJERICAO")
    found = page.get_by_role("option").filter(has_text="da varanda precisa de sol")
    expect(found).to_be_visible()
    expect(found.locator("mark")).to_have_text("manjericão")
    screenshot(page, "palette-search")
    page.keyboard.press("Enter")
    expect(page.locator(".message-found")).to_contain_text("manjericão")


def test_focus_returns_where_it_was(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    message = page.get_by_label("Sua mensagem")
    message.fill("um rascunho")
    open_palette(page)
    page.keyboard.press("Escape")
    expect(message).to_be_focused()
    open_palette(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(message).to_be_focused()
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("button", name="Comandos", exact=False).last.click()
    page.get_by_role("dialog", name="Comandos e conversas").get_by_role("button", name="Fechar").click()
    expect(page.get_by_role("button", name="Sua conta")).to_be_focused()
    open_palette(page)
    page.mouse.click(5, 5)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(message).to_have_value("um rascunho")


def run(page: Page, command: str) -> None:
    open_palette(page).fill(command)
    expect(page.get_by_role("option").first).to_contain_text(command)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Comandos e conversas")).to_have_count(0)


def test_commands_do_what_the_controls_do(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_palette(page)
    expect(page.get_by_role("option", name="Renomear esta conversa")).to_have_count(0)  # there is none
    expect(page.get_by_role("option", name="Copiar a última resposta")).to_have_count(0)
    page.keyboard.press("Escape")
    gemini(text="Uma resposta **forte**.")
    say(page, "Oi")
    run(page, "Copiar a última resposta")
    expect(page.get_by_role("status").filter(has_text="Copiado")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == "Uma resposta **forte**."
    run(page, "Renomear esta conversa")
    page.get_by_label("Nome da conversa").fill("Com nome novo")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=title]")).to_have_text("Com nome novo")
    run(page, "Fixar esta conversa")
    expect(page.locator(".conversation-group h2")).to_have_text(["Fixadas"])
    run(page, "Desafixar esta conversa")
    expect(page.locator(".conversation-group h2")).to_have_text(["Hoje"])
    run(page, "Aparência: Escuro")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    with page.expect_download() as download:
        run(page, "Baixar esta conversa em Markdown")
    assert download.value.suggested_filename == "Com nome novo.md"
    run(page, "Ir para a mensagem")
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    gemini(delay=0.3, text="devagar " * 200, pieces=200)
    say(page, "Conte", wait=False)
    expect(page.locator(".reply-tail")).to_contain_text("devagar")
    run(page, "Parar a resposta")
    expect(page.locator("[data-state=interrompida]")).to_have_count(1)
    run(page, "Apagar esta conversa")
    expect(page.get_by_role("dialog", name="Apagar esta conversa?")).to_be_visible()
    page.keyboard.press("Control+k")  # a decision comes first
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.keyboard.press("Escape")
    run(page, "Nova conversa")
    expect(page.locator("[data-part=greeting]")).to_be_visible()
    run(page, "Seu perfil")
    page.wait_for_url("**/profile")
    page.go_back()
    run(page, "Sair")
    expect(page.get_by_role("status").filter(has_text="Você saiu da sua conta.")).to_be_visible()


def test_late_answer_to_an_earlier_search_is_dropped(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Assunto um: abacaxi")
    held: list[Route] = []
    page.route(re.compile(r"/conversations\?.*q=abacaxi"), lambda route: held.append(route))
    field = open_palette(page)
    with page.expect_request(re.compile("q=abacaxi")):
        field.fill("abacaxi")
    field.fill("xilofone")
    expect(page.get_by_text("Nada encontrado para “xilofone”.")).to_be_visible()
    with page.expect_response(re.compile("q=abacaxi")):
        held[0].continue_()
    expect(page.get_by_role("option")).to_have_count(0)


def test_search_without_a_connection_says_so(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.context.set_offline(True)
    open_palette(page).fill("sair")
    expect(page.get_by_role("dialog").get_by_text("Sem conexão.")).to_be_visible()
    expect(page.get_by_role("option", name="Sair")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, SMALL], ids=["desktop", "small"])
def test_keys_are_listed(new_page: Callable[..., Page], people: People, viewport: dict[str, int]) -> None:
    page = new_page(viewport, "dark")
    sign_in(page, people)
    page.keyboard.press("Control+/")
    keys = page.get_by_role("dialog", name="Atalhos de teclado")
    expect(keys).to_contain_text("Nova conversa")
    expect(keys.locator("kbd").first).to_have_text("Ctrl K")
    screenshot(page, f"keys-{viewport['width']}")
    box = keys.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= viewport["width"]
    page.keyboard.press("Control+/")
    expect(keys).to_have_count(0)
    page.keyboard.press("Control+/")
    page.keyboard.press("Control+k")
    expect(keys).to_have_count(0)
    expect(page.get_by_role("combobox")).to_be_focused()


def test_keys_work_and_are_named(new_page: Callable[..., Page], people: People, gemini: Callable[..., None]) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(delay=0.3, text="devagar " * 200, pieces=200)
    say(page, "Oi", wait=False)
    expect(page.locator(".reply-tail")).to_contain_text("devagar")
    page.get_by_role("button", name="Sua conta").focus()
    page.keyboard.press("Shift+Escape")
    message = page.get_by_label("Sua mensagem")
    expect(message).to_be_focused()
    expect(page.locator("[data-state=gerando]")).to_have_count(1)  # Escape alone stops a reply
    page.keyboard.press("Escape")
    expect(page.locator("[data-state=interrompida]")).to_have_count(1)
    page.keyboard.press("Control+Shift+O")
    expect(page.locator("[data-part=greeting]")).to_be_visible()
    expect(message).to_have_attribute("aria-keyshortcuts", "Shift+Escape")
    expect(page.get_by_role("button", name="Nova conversa").first).to_have_attribute(
        "aria-keyshortcuts", "Control+Shift+O"
    )


def test_command_key_of_a_mac(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.add_init_script(MAC)
    sign_in(page, people)
    button = page.get_by_role("button", name="Comandos e conversas")
    expect(button).to_have_text("⌘K")
    expect(button).to_have_attribute("aria-keyshortcuts", "Meta+K")
    page.keyboard.press("Control+k")  # there, it deletes to the end of the line
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.keyboard.press("Meta+k")
    expect(page.get_by_role("combobox")).to_be_focused()


def test_palette_on_a_small_phone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(SMALL, "light", has_touch=True, is_mobile=True)
    sign_in(page, people)
    say(page, "Receita de pão de queijo com nome comprido para não caber na linha")
    page.get_by_role("button", name="Abrir conversas").tap()
    page.get_by_role("button", name="Sua conta").tap()
    page.get_by_role("button", name="Comandos", exact=False).last.tap()
    palette = page.get_by_role("dialog", name="Comandos e conversas")
    expect(palette).to_be_visible()
    screenshot(page, "palette-320")
    box = palette.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= SMALL["width"]
    assert box["y"] + box["height"] <= SMALL["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    sizes = page.get_by_role("option").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert min(sizes) >= 44
    page.get_by_role("option", name="Renomear esta conversa").tap()
    page.get_by_label("Nome da conversa").fill("Pão de queijo")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=title]")).to_have_text("Pão de queijo")
