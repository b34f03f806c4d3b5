"""The weight of pages, and their look on paper."""

from collections.abc import Callable

from playwright.sync_api import Page, Response, expect

from tests.support.browser import ARTIFACTS, say, sign_in, take_session
from tests.support.people import People
from tests.support.rows import Rows

REQUESTS = 5
BYTES = 60_000
LANDING_BYTES = 20_000


def test_chat_needs_five_requests_and_sixty_kilobytes(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    """All that the page asks for by itself, as it is sent, nothing cached, the icon included."""
    page = new_page()
    member = people.member()
    for number in range(10):
        product.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, data_criacao, data_atualizacao)"
            " SELECT id, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM usuarios WHERE email = %s",
            f"Uma conversa comum número {number}",
            member.email,
        )
    take_session(page, member)
    answers: list[Response] = []
    # The warm-up is sent after all of that, and nothing waits for it.
    page.on("response", lambda answer: answers.append(answer) if answer.request.method == "GET" else None)
    page.goto("/chat", wait_until="networkidle")
    asked = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
    icon = page.locator("link[rel=icon]").evaluate("(it) => it.href")
    asked.setdefault(icon, len(member.http.get(icon).content))  # not every headless browser asks for it
    assert len(asked) <= REQUESTS, asked
    assert sum(asked.values()) <= BYTES, asked
    assert {answer.headers.get("content-encoding") for answer in answers if ".js" in answer.url} == {"gzip"}
    print(f"{sum(asked.values())} bytes")


def test_landing_page_needs_twenty_kilobytes(new_page: Callable[..., Page]) -> None:
    page = new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/", wait_until="networkidle")
    sizes = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
    assert len(sizes) >= 2
    assert sum(sizes.values()) <= LANDING_BYTES, sizes
    texts = [answer for answer in answers if not answer.url.endswith((".png", ".avif"))]
    assert {answer.headers.get("content-encoding") for answer in texts} == {"gzip"}


def test_conversation_prints_without_what_surrounds_it(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(color_scheme="dark")
    sign_in(page, people)
    say(page, "Mostre um código em Python e uma tabela")
    page.emulate_media(media="print")
    for name in ("Conversas", "Sua mensagem"):
        expect(page.get_by_label(name, exact=True)).not_to_be_visible()
    expect(page.locator(".message-tools").first).not_to_be_visible()
    expect(page.locator(".reply")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "light"
    ARTIFACTS.mkdir(exist_ok=True)
    page.pdf(path=ARTIFACTS / "conversation.pdf")
    page.screenshot(path=ARTIFACTS / "print.png")
