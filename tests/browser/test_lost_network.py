"""The network is lost while a question is edited or a reply is generated again: nothing is lost, and both go on."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browser import WORDS, Gemini, edit_question, say, screenshot, sign_in
from tests.support.people import People, Person

WAITS = "Sem conexão. Sua mensagem será enviada quando ela voltar."
# Playwright's offline mode refuses new requests only. `cutStream()` also ends the stream that is being read.
CUT = """() => { const request = window.fetch; window.fetch = async (...asked) => {
    const response = await request(...asked);
    if (!String(asked[0]).endsWith('/chat/stream')) return response;
    const end = new AbortController();
    window.cutStream = () => end.abort(new TypeError('network error'));
    const { readable, writable } = new TransformStream();
    response.body.pipeTo(writable, { signal: end.signal }).catch(() => null);
    return new Response(readable, response); }; }"""
GOES_ON = "Sem conexão. A resposta continua quando ela voltar."


def questions(page: Page) -> Locator:
    return page.locator(".question")


def stored(member: Person) -> list[str]:
    """The questions that the server shows, in the member's only conversation."""
    (conversation,) = member.http.get("/conversations").json()
    return [one["conteudo"] for one in member.http.get(f"/conversation/{conversation['id']}").json()][::2]


def open_with_two_questions(page: Page, people: People) -> Person:
    member = sign_in(page, people)
    say(page, "Primeira")
    say(page, "Segunda")
    return member


def test_edit_without_connection_waits_and_is_sent_once(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)
    page.context.set_offline(True)
    edit_question(page, "Primeira", "Primeira, melhor")
    expect(page.get_by_text(WAITS)).to_be_visible()
    expect(questions(page)).to_have_text(["Primeira, melhor"])
    screenshot(page, "edit-offline")
    page.context.set_offline(False)
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    expect(page.get_by_text(WAITS)).to_be_hidden()
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")
    assert stored(member) == ["Primeira, melhor"]
    page.get_by_role("button", name="Versão anterior").click()
    expect(questions(page)).to_have_text(["Primeira", "Segunda"])


@pytest.mark.parametrize("has_stream", [True, False], ids=["stream", "whole"])
def test_edit_whose_answer_is_lost_is_stored_once(
    new_page: Callable[..., Page], people: People, has_stream: bool
) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)  # the server has taken it
        route.abort()

    if not has_stream:
        page.route("**/chat/stream", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    page.route("**/chat/stream" if has_stream else "**/chat/messages/*/edit", lose, times=1)
    edit_question(page, "Segunda", "Segunda, melhor")
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(2)
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")
    assert lost == [200]
    assert stored(member) == ["Primeira", "Segunda, melhor"]
    page.reload()
    expect(questions(page)).to_have_text(["Primeira", "Segunda, melhor"])
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")
    expect(page.get_by_label("Sua mensagem")).to_have_value("")


def test_edit_that_waits_for_the_network_survives_a_reload(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)
    page.route("**/chat/stream", lambda route: route.abort())
    edit_question(page, "Segunda", "Segunda, melhor")
    expect(page.get_by_text(WAITS)).to_be_visible()
    assert stored(member) == ["Primeira", "Segunda"]
    page.unroute("**/chat/stream")
    page.reload()
    expect(questions(page)).to_have_text(["Primeira", "Segunda, melhor"])
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(2)
    assert stored(member) == ["Primeira", "Segunda, melhor"]
    page.reload()
    expect(questions(page)).to_have_text(["Primeira", "Segunda, melhor"])
    expect(page.get_by_label("Sua mensagem")).to_have_value("")


def test_edit_that_was_stored_before_a_reload_is_not_sent_again(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)

    def lose_all(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/stream", lose_all)
    page.route("**/health", lambda route: route.abort())  # the page believes that it has no connection
    edit_question(page, "Segunda", "Segunda, melhor")
    expect(page.get_by_text(WAITS)).to_be_visible()
    page.unroute_all()
    page.reload()
    expect(questions(page)).to_have_text(["Primeira", "Segunda, melhor"])
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    assert stored(member) == ["Primeira", "Segunda, melhor"]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('pendente'))") == []


def test_edit_that_is_taken_back_leaves_everything_as_it_was(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)
    page.context.set_offline(True)
    edit_question(page, "Primeira", "Primeira, melhor")
    expect(page.get_by_text(WAITS)).to_be_visible()
    page.get_by_role("button", name="Parar").click()
    expect(questions(page)).to_have_text(["Primeira", "Segunda"])
    expect(page.locator("[data-part=version-count]:visible")).to_have_count(0)
    expect(page.get_by_label("Sua mensagem")).to_have_value("Primeira, melhor")
    page.context.set_offline(False)
    page.reload()
    expect(questions(page)).to_have_text(["Primeira", "Segunda"])
    expect(page.get_by_label("Sua mensagem")).to_have_value("Primeira, melhor")
    assert stored(member) == ["Primeira", "Segunda"]


def test_edit_that_the_server_fails_to_take_is_sent_again_as_an_edit(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member = open_with_two_questions(page, people)
    page.route("**/chat/stream", lambda route: route.fulfill(status=503, json={"detail": "Ocupado."}), times=1)
    edit_question(page, "Primeira", "Primeira, melhor")
    page.get_by_role("button", name="Tentar de novo").click()
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    assert stored(member) == ["Primeira, melhor"]
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")


@pytest.mark.parametrize("act", ["edit", "again"])
def test_network_lost_in_the_middle_of_a_reply_leaves_its_text_and_goes_on(
    new_page: Callable[..., Page], people: People, gemini: Gemini, act: str
) -> None:
    page = new_page()
    open_with_two_questions(page, people)
    page.evaluate(CUT)
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=20)  # also for a title, which would use up a limited one
    if act == "edit":
        edit_question(page, "Segunda", "Segunda, melhor")
    else:
        page.get_by_role("button", name="Responder de novo").click()
    reply = page.locator(".reply").last
    expect(reply).to_contain_text("palavra5")
    page.context.set_offline(True)
    page.evaluate("cutStream()")
    expect(page.get_by_text(GOES_ON)).to_be_visible()
    expect(reply).to_contain_text("palavra5")
    screenshot(page, f"lost-network-{act}")
    gemini(fault=None)
    page.context.set_offline(False)
    expect(reply).to_contain_text("palavra199")
    expect(page.get_by_text(GOES_ON)).to_be_hidden()
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(2)
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")


def test_new_reply_without_connection_leaves_the_old_one_and_works_afterwards(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    gemini(text="A primeira resposta.")
    sign_in(page, people)
    say(page, "Oi")
    page.context.set_offline(True)
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    expect(page.locator(".reply")).to_have_text("A primeira resposta.")
    page.context.set_offline(False)
    gemini(text="A segunda resposta.")
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.locator(".reply")).to_have_text("A segunda resposta.")
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")


def test_new_reply_that_the_server_began_is_followed_when_the_connection_is_back(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Oi")
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=5)
    reply_id = page.locator(".message-answered").get_attribute("data-id")

    def begin_and_lose(route: Route) -> None:
        """The server takes the request, and its answer is lost."""
        with member.stream(regenerate=int(reply_id or 0)) as events:
            next(events)
        page.context.set_offline(True)
        route.abort()

    page.route("**/chat/stream", begin_and_lose, times=1)
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".reply")).to_contain_text("palavra3")
    gemini(fault=None)
    expect(page.locator(".reply")).to_contain_text("palavra199")
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")
    assert stored(member) == ["Oi"]
