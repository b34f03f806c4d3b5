"""Two tabs of one user: what happens in one is seen in the other, without a reload, and nothing is loaded twice."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People, Person

CHECKED = 15_001  # milliseconds
HIDE = (
    "(state) => { Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true });"
    " document.dispatchEvent(new Event('visibilitychange')); }"
)


def open_with_clock(page: Page, people: People, words: str = "Daqui") -> tuple[Person, int]:
    """Open a conversation with one exchange, under a clock that the test moves. Returns the member and its id."""
    member = sign_in(page, people)
    conversation = member.say(words, nova=True)["conversation_id"]
    page.clock.install()
    page.goto(f"/chat/{conversation}")
    expect(page.locator(".question")).to_have_text([words])
    return member, conversation


def data_requests(page: Page) -> list[str]:
    """Return a list that will hold the paths of all further requests for conversations and messages."""
    found: list[str] = []
    pattern = re.compile(r"/conversations?[/?].*")
    page.on("request", lambda request: found.extend(pattern.findall(request.url)))
    return found


def test_messages_of_another_tab_appear_while_the_page_is_visible(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member, conversation = open_with_clock(page, people)
    member.say("De outra aba", conversation_id=conversation)
    page.clock.fast_forward(CHECKED)
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba"])
    expect(page.locator(".message-answered")).to_have_count(2)
    screenshot(page, "from-another-tab")
    asked = data_requests(page)
    with page.expect_response(re.compile("/conversations")):
        page.clock.fast_forward(CHECKED)
    page.evaluate("fetch('/health').then(() => 0)")
    assert asked == ["/conversations?limit=30"]  # nothing has changed, so no message is loaded
    other = member.say("Uma conversa nova", nova=True)["conversation_id"]
    member.http.patch(f"/conversation/{conversation}", json={"titulo_conversa": "Nome novo"}).raise_for_status()
    page.clock.fast_forward(CHECKED)
    expect(page.locator(f".conversation-list [data-id='{other}']")).to_be_visible()
    expect(page.locator(".topbar-title")).to_have_text("Nome novo")
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text("Nome novo")


def test_hidden_page_asks_nothing_and_its_return_asks_at_once(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member, conversation = open_with_clock(page, people)
    asked = data_requests(page)
    page.evaluate(HIDE, "hidden")
    member.say("De outra aba", conversation_id=conversation)
    page.clock.fast_forward(10 * CHECKED)
    page.evaluate("fetch('/health').then(() => 0)")
    assert asked == []
    page.evaluate(HIDE, "visible")
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba"])


def test_reply_that_another_tab_generates_is_followed(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Daqui")
    other = page.context.new_page()
    other.goto(page.url)
    gemini(text="um dois três quatro", delay=2, pieces=4)
    say(other, "De outra aba", wait=False)
    expect(other.locator(".reply").nth(1)).to_contain_text("um")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba"])
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    expect(page.locator(".message-answered[data-state=completa] .reply").nth(1)).to_have_text("um dois três quatro")


def test_reply_that_another_tab_asked_for_again_is_shown(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    member, conversation = open_with_clock(page, people)
    reply = member.http.get(f"/conversation/{conversation}").json()[-1]["id"]
    gemini(text="De outro jeito.")
    member.http.post(f"/chat/replies/{reply}/regenerate", json={}).raise_for_status()
    page.clock.fast_forward(CHECKED)
    expect(page.locator(".reply")).to_have_text(["De outro jeito."])


def test_draft_is_the_text_that_was_typed_last_in_either_tab(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Daqui")
    other = page.context.new_page()
    other.goto(page.url)
    field, same = page.get_by_label("Sua mensagem"), other.get_by_label("Sua mensagem")
    page.evaluate("document.hasFocus = () => false")
    same.fill("um texto longo")
    expect(field).to_have_value("um texto longo")
    page.evaluate("delete document.hasFocus")
    other.evaluate("document.hasFocus = () => false")
    field.press_sequentially(" e mais")
    expect(same).to_have_value("um texto longo e mais")
    page.keyboard.press("Enter")
    expect(same).to_have_value("")
    other.reload()
    expect(other.get_by_label("Sua mensagem")).to_have_value("")


def test_new_reply_whose_answer_is_lost_is_shown_when_the_connection_is_back(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    open_with_clock(page, people)
    gemini(text="De outro jeito.")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/stream", lose_the_answer, times=1)
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    expect(page.locator(".reply")).to_contain_text("demonstração")
    page.clock.fast_forward(CHECKED)
    expect(page.locator(".reply")).to_have_text(["De outro jeito."])
