"""The chat page asks for a warm-up by itself, and does not depend on it."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.support.browser import say, sign_in
from tests.support.people import People

PATH = "**/chat/warm-up"


def test_page_asks_once_when_it_opens_and_not_at_each_focus(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "/chat/warm-up" in request.url else None)
    with page.expect_response(PATH) as response:
        sign_in(page, people)
    assert response.value.status == 204
    field = page.get_by_label("Sua mensagem")
    for _ in range(3):
        page.get_by_role("button", name="Nova conversa", exact=True).focus()
        field.focus()
    say(page, "Oi")
    assert asked == ["POST"]


def test_focus_asks_again_after_five_minutes(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.clock.install()
    with page.expect_response(PATH):
        sign_in(page, people)
    page.clock.fast_forward(5 * 60 * 1000 + 1)
    field = page.get_by_label("Sua mensagem")
    with page.expect_response(PATH):
        field.blur()
        field.focus()


def test_page_works_without_the_route_and_while_it_hangs(new_page: Callable[..., Page], people: People) -> None:
    answers: list[Callable[[Route], None]] = [
        lambda route: route.fulfill(status=404, json={"detail": "Esta página não existe.", "code": "not_found"}),
        lambda route: route.abort(),
        lambda _route: None,  # never answered
    ]
    for answer in answers:
        page = new_page()
        page.route(PATH, answer)
        sign_in(page, people)
        say(page, "Oi")
        expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
        expect(page.locator(".composer-notice")).to_be_hidden()
