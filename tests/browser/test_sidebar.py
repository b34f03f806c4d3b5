"""The list of conversations: groups, search, names, pins, deletion, and the drawer on a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows

AGES = {"De agora": 0, "De ontem": 1, "Da semana": 5, "Do mês": 20, "De longe": 70}


def _conversations(product: Rows, email: str, titles: dict[str, int]) -> None:
    """Conversations with these titles, last used so many days ago."""
    for title, days in titles.items():
        product.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao)"
            " SELECT id, %s, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s DAY FROM usuarios"
            " WHERE email = %s",
            title,
            days,
            email,
        )


def _menu(page: Page, title: str, item: str) -> None:
    page.get_by_role("link", name=title).hover()
    page.get_by_role("button", name=f"Opções de {title}").click()
    page.get_by_role("menuitem", name=item).click()


def test_groups_names_pins_and_deletion(
    new_page: Callable[..., Page], people: People, product: Rows, tmp_path: Path
) -> None:
    page = new_page()
    member = sign_in(page, people)
    _conversations(product, member.email, AGES)
    page.reload()
    headings = page.locator(".conversation-group h2")
    expect(headings).to_have_text(["Hoje", "Ontem", "Últimos 7 dias", "Últimos 30 dias", "Mais antigas"])

    _menu(page, "De ontem", "Fixar")
    expect(headings).to_have_text(["Fixadas", "Hoje", "Últimos 7 dias", "Últimos 30 dias", "Mais antigas"])
    _menu(page, "Da semana", "Renomear")
    page.get_by_label("Nome da conversa").fill("Roteiro de Recife")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Roteiro de Recife")).to_be_visible()
    expect(headings).to_have_text(["Fixadas", "Hoje", "Últimos 7 dias", "Últimos 30 dias", "Mais antigas"])
    _menu(page, "Do mês", "Renomear")
    page.keyboard.type("nada disso")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Do mês")).to_be_visible()
    screenshot(page, "sidebar-groups")

    with page.expect_download() as download:
        _menu(page, "Roteiro de Recife", "Baixar em Markdown")
    download.value.save_as(tmp_path / "conversa.md")
    assert (tmp_path / "conversa.md").read_text().startswith("# Roteiro de Recife")
    assert download.value.suggested_filename == "Roteiro de Recife.md"

    _menu(page, "De longe", "Apagar conversa")
    expect(page.get_by_role("dialog")).to_contain_text("“De longe” e todas as mensagens dela serão apagadas.")
    screenshot(page, "sidebar-delete")
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("link", name="De longe")).to_be_visible()
    _menu(page, "De longe", "Apagar conversa")
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").click()
    expect(page.get_by_role("link", name="De longe")).to_have_count(0)
    page.reload()
    expect(headings).to_have_text(["Fixadas", "Hoje", "Últimos 7 dias", "Últimos 30 dias"])


def test_open_conversation_is_renamed_pinned_and_deleted_from_its_header(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Receita de bolo")
    title = page.locator(".topbar-title")
    expect(title).not_to_have_text(re.compile("^nova conversa$", re.IGNORECASE))  # it comes by itself
    expect(page.locator(".conversation-group [aria-current=page]")).to_have_text(title.inner_text())
    page.get_by_role("button", name="Fixar conversa").click()
    expect(page.get_by_role("button", name="Fixar conversa")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".conversation-group h2")).to_have_text(["Fixadas"])
    page.get_by_role("button", name="Opções da conversa").click()
    page.keyboard.press("Enter")  # the first item: Renomear
    page.get_by_label("Nome da conversa").fill("Bolo de fubá")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Bolo de fubá")
    expect(page).to_have_title("Bolo de fubá · FalaAí")
    expect(page.locator(".conversation-group [aria-current=page]")).to_have_text("Bolo de fubá")
    page.get_by_role("button", name="Opções da conversa").click()
    page.keyboard.press("ArrowUp")  # around to the last: Apagar conversa
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    expect(page.locator(".conversation-group li")).to_have_count(0)


def test_search_finds_by_title_and_by_what_was_said(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    _conversations(product, member.email, {"Viagem a Belém": 2, "Contas da casa": 1})
    say(page, "Como plantar manjericão?")
    search = page.get_by_role("searchbox")
    search.fill("belem")
    expect(page.get_by_text("1 conversa encontrada")).to_be_visible()
    expect(page.locator(".conversation-group li")).to_have_count(1)
    expect(page.get_by_role("link", name="Viagem a Belém")).to_be_visible()
    search.fill("manjericao")
    expect(page.locator(".conversation-group [aria-current=page]")).to_be_visible()
    search.fill("xilofone")
    expect(page.get_by_text("Nada encontrado para “xilofone”.")).to_be_visible()
    screenshot(page, "search-nothing")
    page.keyboard.press("Escape")
    expect(page.locator(".conversation-group li")).to_have_count(3)


def test_more_conversations_are_loaded_when_asked_for(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    _conversations(product, member.email, {f"Conversa {number}": number for number in range(70)})
    page.reload()
    entries = page.locator(".conversation-group li")
    more = page.get_by_role("button", name="Carregar mais")
    expect(entries).to_have_count(30)
    more.click()
    expect(entries).to_have_count(60)
    expect(page.get_by_role("link", name="Conversa 30")).to_be_focused()
    more.click()
    expect(entries).to_have_count(70)
    expect(more).to_be_hidden()
    expect(page.locator(".conversation-group h2")).to_have_text(
        ["Hoje", "Ontem", "Últimos 7 dias", "Últimos 30 dias", "Mais antigas"]
    )


def test_next_page_of_the_list_is_not_added_to_a_search(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    _conversations(product, member.email, {f"Conversa {number}": number for number in range(40)})
    page.reload()
    entries = page.locator(".conversation-group li")
    expect(entries).to_have_count(30)

    def search_first(route: Route) -> None:
        page.get_by_role("searchbox").fill("Conversa 39")
        expect(page.get_by_text("1 conversa encontrada")).to_be_visible()
        route.continue_()

    page.route(re.compile(r"/conversations\?.*cursor="), search_first, times=1)
    with page.expect_response(re.compile(r"/conversations\?.*cursor=")):
        page.get_by_role("button", name="Carregar mais").click()
    expect(page.get_by_role("button", name="Carregar mais")).to_be_hidden()
    expect(entries).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_has_the_conversation_first_and_the_list_in_a_drawer(
    new_page: Callable[..., Page], people: People, scheme: str
) -> None:
    page = new_page(PHONE, scheme, has_touch=True, is_mobile=True)
    sign_in(page, people)
    say(page, "Mostre uma tabela e um código em Python")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    screenshot(page, f"chat-phone-{scheme}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
    page.get_by_role("button", name="Abrir conversas").click()
    expect(page.get_by_role("button", name="Fechar conversas")).to_be_focused()
    screenshot(page, f"drawer-phone-{scheme}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    expect(page.get_by_role("button", name="Abrir conversas")).to_be_focused()
    page.get_by_role("button", name="Abrir conversas").click()
    page.get_by_role("navigation").get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a, textarea, input:not([type=radio])')]
        .filter((it) => it.checkVisibility({visibilityProperty: true}) && !it.closest('.skip'))
        .map((it) => [it.outerHTML.slice(0, 60), it.getBoundingClientRect()])
        .filter(([, box]) => box.width && box.height && (box.width < 44 || box.height < 44)).map(([name]) => name)"""
    )
    assert small == []


def test_look_is_chosen_and_kept(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_label("Escuro").check()
    dark = page.evaluate(colour)
    assert dark != light
    page.goto("/profile")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_label("Sistema").check()
    page.reload()
    assert page.evaluate(colour) != dark
