"""Hostile text anywhere a person or the model can put it: nothing runs, nothing loads, nothing else changes."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.hostile import hostile_texts
from tests.support.browser import DESKTOP, say, sign_in, take_session
from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

# Elements and attributes that have no business in an answer.
IN_REPLIES = """() => { const allowed = 'p,br,hr,em,strong,s,blockquote,ul,ol,li,h2,h3,h4,h5,h6,a,code,pre,span,div,'
        + 'table,thead,tbody,tr,th,td,.code-language button';
    const strange = (it) => !it.matches(allowed)
        || [...it.attributes].some(({name}) => /^on|^style$|^id$|^src/.test(name))
        || it.matches('a[href]') && !['http:', 'https:', 'mailto:'].includes(it.protocol);
    return [...document.querySelectorAll('.reply *')].filter(strange).map((it) => it.outerHTML); }"""
# The page around the answers, without what differs from one conversation to the next by itself.
AROUND = r"""() => { const page = document.documentElement.cloneNode(true);
    page.querySelectorAll('.reply').forEach((it) => it.replaceChildren());
    return page.outerHTML.replace(/\d+/g, '0'); }"""


class Beacon:
    """A server elsewhere, which counts who comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def beacon() -> Iterator[Beacon]:
    beacon = Beacon()
    yield beacon
    beacon.close()


def _conversation(product: Rows, member: Person, replies: list[str]) -> int:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    conversation = product.insert(
        "INSERT INTO conversas (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao,"
        " ultima_seq)"
        " VALUES (%s, 'Conversa', TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s)",
        user,
        len(replies),
    )
    for seq, text in enumerate(replies, 1):
        product.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, estado)"
            " VALUES (%s, %s, 'ia', %s, UTC_TIMESTAMP(6), 'completa')",
            conversation,
            seq,
            text,
        )
    return conversation


def _open_to_the_first(page: Page, conversation: int) -> None:
    page.goto(f"/chat/{conversation}")
    while page.locator(".skeleton").count():
        seen = page.locator(".message").count()
        page.locator(".messages").evaluate("(it) => { it.scrollTop = 0; }")
        expect(page.locator(".message")).not_to_have_count(seen)


def _watch(page: Page) -> list[str]:
    told: list[str] = []

    def close(dialog: Any) -> None:
        told.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    return told


def _nothing_ran(page: Page, dialogs: list[str], beacon: Beacon) -> None:
    assert dialogs == []
    assert page.evaluate("window.hostile") is None
    assert beacon.asked == []


def test_corpus_is_large_enough() -> None:
    assert len(hostile_texts("http://127.0.0.1:1")) >= 200


def test_in_replies_it_is_text_and_nothing_around_them_changes(
    new_page: Callable[..., Page], people: People, product: Rows, beacon: Beacon
) -> None:
    page = new_page()
    member = people.member()
    take_session(page, member)
    dialogs = _watch(page)
    texts = hostile_texts(beacon.address)
    _open_to_the_first(page, _conversation(product, member, ["Olá."] * len(texts)))
    around = page.evaluate(AROUND)
    product.run("DELETE FROM conversas WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)", member.email)
    _open_to_the_first(page, _conversation(product, member, texts))
    expect(page.locator(".reply")).to_have_count(len(texts))
    assert page.evaluate(IN_REPLIES) == []
    assert page.evaluate(AROUND) == around
    _nothing_ran(page, dialogs, beacon)


def test_in_a_streamed_reply(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None], beacon: Beacon
) -> None:
    page = new_page()
    sign_in(page, people)
    dialogs = _watch(page)
    # Without the fence, which would make code of all that follows, and U+2028, at which Gemini's library cuts lines.
    texts = (text for text in hostile_texts(beacon.address) if "```" not in text and "\u2028" not in text)
    gemini(delay=0.01, pieces=80, text="\n\n".join(texts))
    say(page, "Seja hostil")
    assert page.evaluate(IN_REPLIES) == []
    _nothing_ran(page, dialogs, beacon)


def test_in_titles_names_questions_and_searches(
    new_page: Callable[..., Page], people: People, product: Rows, beacon: Beacon
) -> None:
    page = new_page()
    member = people.member()
    take_session(page, member)
    dialogs = _watch(page)
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    texts = [text.replace(beacon.address, "http://x") for text in hostile_texts(beacon.address)]
    for text in texts:
        product.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, data_criacao, data_atualizacao)"
            " VALUES (%s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
            user,
            text[:50],
        )
    page.goto("/chat")
    more = page.get_by_role("button", name="Carregar mais")
    while more.is_visible():
        seen = page.locator(".conversation-group li").count()
        more.click()
        expect(page.locator(".conversation-group li")).not_to_have_count(seen)
    assert page.locator(".conversation-group li *:not(a):not(span):not(button)").count() == 0
    assert sorted(page.locator(".conversation-title").all_text_contents()) == sorted(text[:50] for text in texts)
    page.get_by_role("searchbox").fill(texts[0] + "?")
    expect(page.get_by_text(f"Nada encontrado para “{texts[0]}?”.")).to_be_visible()
    for name in texts[:: len(texts) // 8]:
        product.run("UPDATE usuarios SET nome = %s WHERE id = %s", name[:100], user)
        for path in ("/chat", "/profile"):
            page.goto(path)
            assert (
                page.locator("[onerror], [onload], [onfocus], iframe, object, embed, script:not([src])").count() == 0
            )
    page.goto("/chat")
    say(page, texts[0])
    expect(page.locator(".question")).to_have_text(texts[0])
    _nothing_ran(page, dialogs, beacon)


def test_in_addresses_file_names_and_errors(
    new_page: Callable[..., Page], people: People, product: Rows, beacon: Beacon
) -> None:
    page = new_page()
    member = sign_in(page, people)
    dialogs = _watch(page)
    conversation = _conversation(product, member, ["Olá."])
    for text in hostile_texts(beacon.address)[::48]:
        for path in ("/chat/{}", "/login?destino={}", "/static/{}", "/verify_link/{}", "/redefinir-senha/{}"):
            page.goto(path.format(page.evaluate("encodeURIComponent", text)))
            assert page.locator("[onerror], [onload], iframe, object, embed, script:not([src])").count() == 0
        product.run("UPDATE conversas SET titulo_conversa = %s WHERE id = %s", text[:50], conversation)
        export = member.http.get(f"/conversation/{conversation}/export")
        assert "\n" not in export.headers["content-disposition"]
        assert "<" not in export.headers["content-disposition"]
        refused = member.http.put(
            "/profile/update", files={"profile_pic": (text, b"not a picture")}, headers={"accept": "text/html"}
        )
        assert refused.status_code == 422
        assert text not in refused.text
    _nothing_ran(page, dialogs, beacon)


def test_with_the_sanitizer_off_the_content_security_policy_alone_holds(
    browser: Browser, people: People, product: Rows, beacon: Beacon, cloud: RunningCloud
) -> None:
    """The page's own headers with hostile HTML as its body, as if nothing had cleaned it: first as the server would
    have sent it, then as the script would have put it in."""
    member = people.member()
    context = browser.new_context(base_url=cloud.gateway, viewport=DESKTOP)
    page = context.new_page()
    take_session(page, member)
    dialogs = _watch(page)
    texts = hostile_texts(beacon.address)
    # A few to a page, and each few in both orders, since some swallow all that follows.
    few = [texts[start : start + 12] for start in range(0, len(texts), 12)]
    served: list[str] = []

    def unclean(route: Route) -> None:
        answer = route.fetch()
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        route.fulfill(response=answer, body=served[-1])

    page.route("**/chat", unclean)
    for some in [*few, *(list(reversed(some)) for some in few)]:
        served.append("<!doctype html><body>" + "\n".join(f"<div>{text}</div>" for text in some))
        page.goto("/chat", wait_until="load")
        _nothing_ran(page, dialogs, beacon)
    served.append("<!doctype html><body></body>")
    page.goto("/chat")
    page.evaluate(
        """(texts) => { for (const text of texts) {
        const reply = document.createElement('div'); document.body.append(reply); reply.innerHTML = text; } }""",
        texts,
    )
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))")  # for what would load to have asked
    _nothing_ran(page, dialogs, beacon)
    context.close()
