"""Thumbs under a reply in the browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People


def test_reply_is_rated_with_a_reason_and_the_rating_stays(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    good, bad = page.get_by_role("button", name="Boa resposta"), page.get_by_role("button", name="Resposta ruim")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    reasons = page.get_by_role("group", name="O que houve?")
    expect(reasons.get_by_role("button")).to_have_count(6)
    screenshot(page, "rating")
    reasons.get_by_role("button", name="Tom ruim").click()
    expect(reasons).to_have_count(0)
    expect(page.locator("[data-part=status]")).to_have_text("Avaliação guardada. Obrigado.")
    page.reload()
    expect(bad).to_have_attribute("aria-pressed", "true")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(bad).to_have_attribute("aria-pressed", "false")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-part=status]")).to_have_text("Avaliação retirada.")
    page.reload()
    expect(good).to_have_attribute("aria-pressed", "false")


def test_new_try_of_a_reply_is_not_rated_yet(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    good = page.get_by_role("button", name="Boa resposta")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.locator(".message-versions:visible")).to_contain_text("2/2")
    expect(good).to_have_attribute("aria-pressed", "false")


def test_reasons_of_an_earlier_try_go_with_it(new_page: Callable[..., Page], people: People) -> None:
    """And the rating is shown again with its version."""
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    bad = page.get_by_role("button", name="Resposta ruim")
    bad.click()
    reasons = page.get_by_role("group", name="O que houve?")
    expect(reasons).to_be_visible()
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.locator(".message-versions:visible")).to_contain_text("2/2")
    expect(reasons).to_have_count(0)
    expect(bad).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Versão anterior").click()
    expect(page.locator(".message-versions:visible")).to_contain_text("1/2")
    expect(bad).to_have_attribute("aria-pressed", "true")


def test_rating_by_keyboard(new_page: Callable[..., Page], people: People) -> None:
    """The focus goes from the thumb to its reasons and back, and each step is announced."""
    page = new_page()
    member = sign_in(page, people)
    say(page, "Oi")
    bad = page.get_by_role("button", name="Resposta ruim")
    status = page.locator("[data-part=status]")
    bad.focus()
    page.keyboard.press("Enter")
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(status).to_have_text("Avaliação guardada. Obrigado.")
    expect(bad).to_be_focused()
    reasons = page.get_by_role("group", name="O que houve?").get_by_role("button")
    expect(reasons).to_have_count(6)
    for _ in range(10):
        page.keyboard.press("Tab")
        if reasons.nth(1).evaluate("(button) => button === document.activeElement"):
            break
    expect(reasons.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(reasons).to_have_count(0)
    expect(bad).to_be_focused()
    conversation = page.url.rpartition("/")[2]
    stored = member.http.get(f"/conversation/{conversation}").json()[-1]["avaliacao"]
    assert stored == {"nota": "ruim", "motivo": "fora_do_pedido"}
    page.keyboard.press("Space")  # a change of mind
    expect(bad).to_have_attribute("aria-pressed", "false")
    expect(status).to_have_text("Avaliação retirada.")


def test_temporary_conversation_has_no_ratings(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_role("button", name="Conversa temporária").click()
    say(page, "Oi")
    expect(page.get_by_role("button", name="Boa resposta")).to_have_count(0)
