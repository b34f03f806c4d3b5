"""The deletion of a conversation can be undone for ten seconds: by pointer and keyboard, after a reload, in each tab.

The clock of the page stands still between the steps, so that a slow machine does not end the notice.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows

TITLES = ["Primeira", "Segunda", "Terceira"]
UNDO = 10_000  # milliseconds


def member_with_conversations(page: Page, people: People, product: Rows) -> str:
    """Open the page of a member with three conversations, the newest first. Returns the email address."""
    page.clock.install()
    member = sign_in(page, people)
    for number, title in enumerate(TITLES):
        product.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao,"
            " fixada)"
            " SELECT id, %s, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s MINUTE, %s FROM usuarios"
            " WHERE email = %s",
            title,
            number,
            number == 0,
            member.email,
        )
    page.goto("/chat")
    expect(titles(page)).to_have_text(TITLES)
    return member.email


def stop_clock(page: Page) -> None:
    page.clock.pause_at(page.evaluate("Date.now() + 1"))


def hold(product: Rows, email: str, seconds: int) -> None:
    """Make the user's deletions newer by so many seconds, for the server; older, if it is negative."""
    product.run(
        "UPDATE conversas c JOIN usuarios u ON u.id = c.id_usuario"
        " SET c.apagada_em = c.apagada_em + INTERVAL %s SECOND WHERE u.email = %s",
        seconds,
        email,
    )


def titles(page: Page) -> Locator:
    return page.locator(".conversation-title")


def undo_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Desfazer")


def delete(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).hover()
    page.get_by_role("button", name=f"Opções de {title}").click()
    page.get_by_role("menuitem", name="Apagar conversa").click()
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").click()
    expect(page.get_by_role("status").filter(has_text="Conversa apagada.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_deletion_is_undone_by_pointer(
    new_page: Callable[..., Page], people: People, product: Rows, scheme: str
) -> None:
    page = new_page(DESKTOP, scheme)
    email = member_with_conversations(page, people, product)
    stop_clock(page)
    delete(page, "Primeira")
    hold(product, email, 3600)
    expect(titles(page)).to_have_text(["Segunda", "Terceira"])
    expect(undo_button(page)).to_be_focused()
    screenshot(page, f"undo-{scheme}")
    undo_button(page).click()
    expect(titles(page)).to_have_text(TITLES)
    expect(page.locator(".conversation-group h2").first).to_have_text("Fixadas")
    expect(page.get_by_role("button", name="Opções de Primeira")).to_be_focused()
    expect(undo_button(page)).to_have_count(0)


def test_deletion_is_undone_by_keyboard_but_not_by_a_key_that_is_held(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    stop_clock(page)
    page.get_by_role("button", name="Opções de Segunda").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").focus()
    page.keyboard.down("Enter")
    expect(undo_button(page)).to_be_focused()
    hold(product, email, 3600)
    page.keyboard.down("Enter")  # again without `up`: a repetition
    page.keyboard.up("Enter")
    expect(titles(page)).to_have_text(["Primeira", "Terceira"])
    expect(undo_button(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Opções de Segunda")).to_be_focused()
    expect(titles(page)).to_have_text(TITLES)


def test_notice_ends_after_ten_seconds_and_the_focus_goes_on(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member_with_conversations(page, people, product)
    stop_clock(page)
    delete(page, "Segunda")
    page.clock.run_for(UNDO - 100)
    expect(undo_button(page)).to_be_focused()
    page.clock.run_for(200)
    expect(undo_button(page)).to_have_count(0)
    expect(page.get_by_text("Conversa apagada.")).to_have_count(0)
    expect(page.get_by_role("button", name="Opções de Terceira")).to_be_focused()


def test_reload_keeps_the_notice_for_the_rest_of_the_time(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    delete(page, "Segunda")
    hold(product, email, 3600)
    page.reload()
    expect(page.get_by_role("status").filter(has_text="Conversa apagada.")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".skip").focus()
    page.keyboard.press("Tab")
    expect(undo_button(page)).to_be_focused()  # the first stop after the skip link
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(TITLES)
    page.reload()
    expect(undo_button(page)).to_have_count(0)
    expect(titles(page)).to_have_text(TITLES)


def test_too_late_undo_says_so(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    stop_clock(page)
    delete(page, "Segunda")
    hold(product, email, -10)
    undo_button(page).click()
    expect(page.get_by_text("Não dá mais para desfazer.")).to_be_visible()
    expect(undo_button(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Opções de Terceira")).to_be_focused()
    page.clock.run_for(6000)
    expect(page.get_by_text("Não dá mais para desfazer.")).to_have_count(0)
    page.reload()
    expect(titles(page)).to_have_text(["Primeira", "Terceira"])


def test_second_tab_follows_deletion_and_undo(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    other = page.context.new_page()
    other.goto("/chat")
    expect(titles(other)).to_have_text(TITLES)
    stop_clock(page)
    delete(page, "Segunda")
    hold(product, email, 3600)
    look = "document.dispatchEvent(new Event('visibilitychange'))"
    other.evaluate(look)
    expect(titles(other)).to_have_text(["Primeira", "Terceira"])
    undo_button(page).click()
    expect(titles(page)).to_have_text(TITLES)
    other.evaluate(look)
    expect(titles(other)).to_have_text(TITLES)


def test_two_deletions_are_undone_one_after_the_other(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    stop_clock(page)
    delete(page, "Segunda")
    delete(page, "Primeira")
    hold(product, email, 3600)
    expect(titles(page)).to_have_text(["Terceira"])
    undo_button(page).click()
    expect(titles(page)).to_have_text(["Primeira", "Terceira"])
    undo_button(page).click()
    expect(titles(page)).to_have_text(TITLES)
    expect(undo_button(page)).to_have_count(0)


def test_open_conversation_comes_back_with_its_draft(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    page.clock.install()
    member = sign_in(page, people)
    say(page, "Receita de bolo")
    page.get_by_label("Sua mensagem").fill("e de fubá?")
    address = page.url
    stop_clock(page)
    page.get_by_role("button", name="Opções da conversa", exact=True).click()
    page.get_by_role("menuitem", name="Apagar conversa").click()
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    hold(product, member.email, 3600)
    assert page.url.endswith("/chat")
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    assert "e de fubá?" not in page.evaluate("JSON.stringify(localStorage)")
    undo_button(page).click()
    expect(page.locator(".question")).to_have_text(["Receita de bolo"])
    expect(page.locator(".reply")).to_have_count(1)
    expect(page.get_by_label("Sua mensagem")).to_have_value("e de fubá?")
    assert page.url == address


def test_undo_without_a_connection_can_be_repeated(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    email = member_with_conversations(page, people, product)
    stop_clock(page)
    delete(page, "Segunda")
    hold(product, email, 3600)
    page.context.set_offline(True)
    undo_button(page).click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    page.context.set_offline(False)
    undo_button(page).click()
    expect(titles(page)).to_have_text(TITLES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_notice_is_over_the_drawer_of_a_phone(
    new_page: Callable[..., Page], people: People, product: Rows, scheme: str
) -> None:
    options: dict[str, Any] = {"has_touch": True, "is_mobile": True}
    page = new_page(PHONE, scheme, **options)
    email = member_with_conversations_on_phone(page, people, product)
    stop_clock(page)
    page.get_by_role("button", name="Opções de Segunda").tap()
    page.get_by_role("menuitem", name="Apagar conversa").tap()
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").tap()
    expect(undo_button(page)).to_be_visible()
    hold(product, email, 3600)
    screenshot(page, f"undo-phone-{scheme}")
    box = page.locator(".undo").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    undo_button(page).tap()
    expect(titles(page)).to_have_text(TITLES)
    expect(page.get_by_role("navigation")).to_be_visible()  # the drawer has stayed open


def member_with_conversations_on_phone(page: Page, people: People, product: Rows) -> str:
    email = member_with_conversations(page, people, product)
    page.get_by_role("button", name="Abrir conversas").tap()
    return email
