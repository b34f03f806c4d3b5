"""A reply on the page that gets no stream, or whose stream is refused."""

import json
from collections.abc import Callable
from contextlib import ExitStack

from playwright.sync_api import Page, Route, expect

from tests.support.browser import PHONE, WORDS, Gemini, say, sign_in
from tests.support.people import People
from tests.support.rows import Rows
from tests.support.waiting import HANG_SECONDS, wait_until

HANG_MILLISECONDS = 1000 * HANG_SECONDS


GENERATED = (
    "SELECT COUNT(*) FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
    " JOIN usuarios u ON u.id = c.id_usuario WHERE u.email = %s AND m.estado = 'gerando'"
)


def _no_stream(route: Route) -> None:
    route.fulfill(status=404, json={"detail": "", "code": "not_found"})


def test_page_does_without_the_stream_where_it_is_switched_off(
    new_page: Callable[..., Page], people: People, gemini: Gemini, product: Rows
) -> None:
    page = new_page(PHONE)
    member = sign_in(page, people)
    page.route("**/chat/stream", _no_stream)
    say(page, "Sem fluxo")
    expect(page.locator(".reply")).to_contain_text("demonstração")
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=5)
    say(page, "E devagar", wait=False)
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    wait_until(lambda: product.value(GENERATED, member.email), "the reply is generated")
    page.get_by_role("button", name="Parar").click()
    expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()
    gemini()
    gemini(fault="429")
    say(page, "E com falha", wait=False)
    expect(page.get_by_text("Sua pergunta está guardada.").first).to_be_visible()
    gemini(fault=None)
    page.get_by_role("button", name="Tentar de novo").click()
    expect(page.locator(".reply").nth(2)).to_contain_text("demonstração")
    expect(page.locator(".question")).to_have_count(3)


def test_new_conversation_is_stopped_without_a_stream_below_a_pinned_one(
    new_page: Callable[..., Page], people: People, gemini: Gemini, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    pinned = member.say("Fixada", nova=True)["conversation_id"]
    member.http.patch(f"/conversation/{pinned}", json={"fixada": True}).raise_for_status()
    page.route("**/chat/stream", _no_stream)
    gemini(delay=0.02, pieces=60, text=WORDS)
    # A busy machine could take longer than the whole reply. Not once only, which a request for a title could use up.
    gemini(fault="pause", after_pieces=5)
    # Playwright answers the stream only while it waits for something itself.
    with page.expect_response("**/chat/stream"):
        say(page, "Devagar", wait=False)
    wait_until(lambda: product.value(GENERATED, member.email), "the reply is generated")
    page.get_by_role("button", name="Parar").click()
    expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()


def test_reply_stays_when_another_one_is_refused(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Uma pergunta")
    product.run(
        "UPDATE uso_diario SET mensagens = 200 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)",
        member.email,
    )
    page.clock.install()
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_text("Você usou as 200 mensagens de hoje.")).to_be_visible()
    page.clock.fast_forward(8_001)
    expect(page.get_by_text("Está demorando mais que o normal.")).to_have_count(0)
    expect(page.locator(".reply")).to_contain_text("demonstração")
    page.context.set_offline(True)
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    expect(page.locator(".reply")).to_contain_text("demonstração")


def test_page_polls_a_reply_that_it_may_not_follow(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    member = sign_in(page, people)
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=5, times=1)
    with ExitStack() as elsewhere:

        def send_after_three_others(route: Route) -> None:
            """The page's question, when one request generates its reply and two follow it already."""
            for _ in range(3):
                next(elsewhere.enter_context(member.stream(**json.loads(route.request.post_data or ""))))
            route.continue_()

        page.route("**/chat/stream", send_after_three_others, times=1)
        with page.expect_response(
            lambda answer: answer.url.endswith("/chat/stream"), timeout=HANG_MILLISECONDS
        ) as refused:
            say(page, "Conte devagar", wait=False)
        assert refused.value.status == 429
        expect(page.locator(".reply")).to_contain_text("palavra5", timeout=HANG_MILLISECONDS)
        page.keyboard.press("Escape")
        expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()
    expect(page.locator(".question")).to_have_count(1)
    expect(page.locator(".composer-notice")).to_be_hidden()
