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


def test_temporary_conversation_has_no_ratings(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_role("button", name="Conversa temporária").click()
    say(page, "Oi")
    expect(page.get_by_role("button", name="Boa resposta")).to_have_count(0)
