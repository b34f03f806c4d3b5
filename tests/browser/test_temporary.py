"""A temporary conversation in the browser: begun by a button, and gone when its page leaves it."""

import json
import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.attachments import PHOTO, choose, draft
from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows
from tests.support.waiting import wait_until


def begin(page: Page, people: People) -> int:
    """Open a new temporary conversation with one exchange. Returns the user."""
    member = sign_in(page, people)
    page.get_by_role("button", name="Conversa temporária").click()
    say(page, "Um assunto passageiro")
    return int(member.http.get("/profile/export").json()["usuarios"][0]["id"])


def conversations(product: Rows, user: int) -> int:
    return int(product.value("SELECT COUNT(*) FROM conversas WHERE id_usuario = %s", user))


def is_gone(product: Rows, user: int) -> None:
    wait_until(lambda: conversations(product, user) == 0, "the end of the conversation")


def test_page_says_what_a_temporary_conversation_is(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page(PHONE)
    sign_in(page, people)
    note = page.get_by_text("Não fica na lista nem na busca")
    button = page.get_by_role("button", name="Conversa temporária")
    expect(note).to_be_hidden()
    button.click()
    expect(note).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("heading", level=1)).to_have_text("Conversa temporária")
    screenshot(page, "temporary")
    button.click()
    expect(note).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nova conversa")
    assert product.value("SELECT COUNT(*) FROM conversas WHERE temporaria") == 0


def test_it_is_in_no_list_and_leaves_no_draft(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    user = begin(page, people)
    expect(page.locator(".conversation-list li")).to_have_count(0)
    expect(page.get_by_role("button", name="Anexar arquivo")).to_be_hidden()
    expect(page.get_by_role("button", name="Opções da conversa")).to_be_hidden()
    say(page, "Mais um pouco")
    page.get_by_label("Sua mensagem").fill("um rascunho passageiro")
    assert "passageiro" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert page.evaluate("location.pathname") == "/chat"
    assert product.value("SELECT COUNT(*) FROM conversas WHERE id_usuario = %s AND temporaria", user) == 1
    assert conversations(product, user) == 1


def test_chosen_files_keep_a_new_conversation_common(new_page: Callable[..., Page], people: People) -> None:
    """A temporary conversation takes no files, and says so before the message is sent."""
    page = new_page()
    sign_in(page, people)
    choose(page, PHOTO)
    expect(draft(page)).to_have_count(1)
    page.get_by_role("button", name="Conversa temporária").click()
    expect(page.get_by_text("Numa conversa temporária não dá para anexar arquivos.")).to_be_visible()
    expect(page.get_by_role("button", name="Conversa temporária")).to_have_attribute("aria-pressed", "false")


def test_new_conversation_ends_it(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    user = begin(page, people)
    page.get_by_role("button", name="Nova conversa").first.click()
    expect(page.get_by_text("Não fica na lista nem na busca")).to_be_hidden()
    is_gone(product, user)
    say(page, "Um assunto comum")
    expect(page.locator(".conversation-list li")).to_have_count(1)


def test_reload_ends_it(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    user = begin(page, people)
    page.reload()
    is_gone(product, user)
    expect(page.get_by_text("Um assunto passageiro")).to_have_count(0)


def test_closed_page_ends_it(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    user = begin(page, people)
    page.close(run_before_unload=True)
    is_gone(product, user)


def end_renderers(page: Page) -> None:
    """End the processes that show pages, as a crash does: no event of the page runs any more."""
    browser = page.context.browser
    assert browser
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    for process in processes:
        if process["type"] == "renderer":
            os.kill(process["id"], signal.SIGKILL)


def test_crashed_page_ends_it(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    user = begin(page, people)
    end_renderers(page)
    is_gone(product, user)


def test_page_that_is_too_busy_for_its_last_events_ends_it(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    user = begin(page, people)
    page.evaluate("setTimeout(() => { for (const end = Date.now() + 5000; Date.now() < end; ); })")
    page.close(run_before_unload=True)
    is_gone(product, user)


# The page waits for an answer for ever. A route of Playwright would also stop the page's last request: it may be lost
# when the page is closed.
HOLD_QUESTION = """() => {
    const send = window.fetch;
    window.fetch = (address, options) => {
        if (!String(address).includes("/chat/stream")) return send(address, options);
        window.heldQuestion = options.body;
        return new Promise(() => {});
    };
}"""


@pytest.mark.parametrize("how", ["closed", "reloaded", "left"])
def test_page_that_ends_before_it_knows_the_conversation_ends_it(
    new_page: Callable[..., Page], people: People, product: Rows, how: str
) -> None:
    """The first answer of the server has not arrived: the beacon names the question."""
    page = new_page()
    member = sign_in(page, people)
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    page.evaluate(HOLD_QUESTION)
    page.get_by_role("button", name="Conversa temporária").click()
    page.get_by_label("Sua mensagem").fill("Um assunto passageiro")
    page.keyboard.press("Enter")
    held = wait_until(lambda: page.evaluate("window.heldQuestion"), "the question is on its way")
    member.http.post("/chat/message", json=json.loads(held)).raise_for_status()
    assert conversations(product, user) == 1
    assert page.locator("[data-part=log]").get_attribute("data-conversation") == ""
    if how == "closed":
        page.close(run_before_unload=True)
    elif how == "reloaded":
        page.reload()
    else:
        page.get_by_role("button", name="Nova conversa").first.click()
    is_gone(product, user)


def test_question_that_arrives_after_its_page_was_left_begins_nothing(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    page.get_by_role("button", name="Conversa temporária").click()
    held: list[Route] = []
    page.route("**/chat/stream", lambda route: held.append(route))
    page.get_by_label("Sua mensagem").fill("Um assunto passageiro")
    page.keyboard.press("Enter")
    wait_until(lambda: page.evaluate("1") and held, "the question is on its way")
    with page.expect_response("**/conversation/close") as closing:
        page.get_by_role("button", name="Nova conversa").first.click()
    assert closing.value.status == 204
    late = member.http.post("/chat/message", json=held[0].request.post_data_json)
    assert late.status_code == 404
    assert conversations(product, user) == 0
    held[0].fulfill(status=404, json=late.json())
    expect(page.get_by_label("Sua mensagem")).to_have_value("")


def test_opening_another_conversation_ends_it(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    member = sign_in(page, people)
    member.say("Uma conversa comum")
    page.goto("/chat")
    page.get_by_role("button", name="Nova conversa").first.click()
    page.get_by_role("button", name="Conversa temporária").click()
    say(page, "Um assunto passageiro")
    page.locator(".conversation-list li a").first.click()
    expect(page.locator(".message-asked")).to_contain_text("Uma conversa comum")
    expect(page.get_by_text("Não fica na lista nem na busca")).to_be_hidden()
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    wait_until(lambda: conversations(product, user) == 1, "the end of the temporary conversation")
    assert product.value("SELECT temporaria FROM conversas WHERE id_usuario = %s", user) == 0


def test_palette_begins_one(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Um assunto comum")
    page.keyboard.press("Control+k")
    page.keyboard.type("temporária")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Não fica na lista nem na busca")).to_be_visible()
    expect(page.locator(".message")).to_have_count(0)
