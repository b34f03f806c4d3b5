"""Sources of a reply: numbers, cards and suggestions, in every form of the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.web_search import QUESTION, TEXT, cards, grounding, many, switch
from tests.support.browser import DESKTOP, PHONE, Gemini, say, screenshot, sign_in
from tests.support.people import People

SMALL = {"width": 320, "height": 640}
ZOOMED = {"width": 640, "height": 410}  # a window of 1280 × 820 at 200 %


def test_number_opens_its_source_in_another_tab(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.context.route("https://vertexaisearch.example/**", lambda route: route.fulfill(body="a fonte"))
    outside: list[str] = []
    page.context.on("request", lambda one: outside.append(one.url) if ".example" in one.url else None)
    switch(page).click()
    say(page, QUESTION)
    cards(page).first.hover()
    page.locator(".citation a").first.focus()
    assert outside == []  # nothing is loaded before it is opened
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.locator("body")).to_have_text("a fonte")
    assert opened.value.evaluate("[document.referrer, window.opener]") == ["", None]
    assert len(outside) == 1


def test_suggestions_are_in_a_frame_and_open_outside_it(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.context.route("https://search.example/**", lambda route: route.fulfill(body="o buscador"))
    switch(page).click()
    say(page, QUESTION)
    frame = page.frame_locator("iframe[title='Sugestões de busca do Google']")
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name=QUESTION).click()
    expect(opened.value.locator("body")).to_have_text("o buscador")
    sandbox = page.locator("iframe").get_attribute("sandbox")
    assert sandbox == "allow-popups allow-popups-to-escape-sandbox"


def test_finished_blocks_stay_when_the_numbers_come(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    switch(page).click()
    gemini(text=TEXT, pieces=16, grounding=grounding(many(1)))
    gemini(fault="pause", after_pieces=12, times=1)
    say(page, QUESTION, wait=False)
    expect(page.locator(".reply-blocks .code")).to_be_visible()
    page.locator(".reply-blocks .code").evaluate("(it) => { it.mark = 'the same'; }")
    gemini(fault=None)
    expect(page.locator(".citation")).to_have_count(1)
    assert page.locator(".reply .code").evaluate("(it) => it.mark") == "the same"
    assert page.locator(".reply p").first.inner_text().replace("\n", "") == "A ação sobe 🎉 e o cafe\u0301 cai1."


def test_whole_and_polled_replies_have_sources_too(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    switch(page).click()
    gemini(text=TEXT, pieces=16, grounding=grounding(many(3)))
    gemini(fault="pause", after_pieces=12, times=1)
    say(page, QUESTION, wait=False)
    expect(page.locator(".reply .code")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    gemini(fault=None)
    expect(cards(page)).to_have_count(3)  # polled
    page.route("**/chat/stream", lambda route: route.fulfill(status=404, json={"detail": "", "code": "not_found"}))
    switch(page).click()
    say(page, QUESTION)
    expect(page.locator(".message-answered").last.get_by_role("listitem")).to_have_count(3)


def test_many_sources_are_collapsed_and_hostile_ones_are_inert(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page(PHONE, has_touch=True)
    sign_in(page, people)
    hostile = [
        ("<img src=x onerror=alert(1)>", "https://redirect.example/a"),
        ("\u202eetirw\u202c" + "x" * 10_000, "https://redirect.example/b"),
        ("javascript", "javascript:alert(1)"),
        ("data", "data:text/html,<script>alert(1)</script>"),
    ]
    gemini(text=TEXT, grounding=grounding(many(8) + hostile))
    switch(page).tap()
    say(page, QUESTION)
    expect(cards(page).filter(visible=True)).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    screenshot(page, "web-search-collapsed")
    page.get_by_role("button", name="Mostrar as 10 fontes").tap()
    expect(cards(page).filter(visible=True)).to_have_count(10)
    expect(cards(page).nth(6)).to_be_focused()
    for links in (cards(page), page.locator(".citation a")):
        assert set(links.evaluate_all("(all) => all.map((one) => one.protocol)")) == {"https:"}
    expect(cards(page).nth(8)).to_contain_text("<img")
    assert page.locator(".reply img, .sources img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(media="print")
    expect(cards(page).filter(visible=True)).to_have_count(10)


def test_sources_are_read_and_opened_without_a_script(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    member = sign_in(page, people)
    answer = member.say(QUESTION, buscar=True)
    page.goto(f"/chat/{answer['conversation_id']}")
    expect(cards(page)).to_have_text(["jornal.example", "economia.example"])
    expect(page.locator(".citation a")).to_have_text(["1", "2"])
    expect(page.locator("iframe")).to_be_visible()
    expect(page.locator(".sources-expiry:visible")).to_be_visible()
    cards(page).last.scroll_into_view_if_needed()
    screenshot(page, "web-search-without-script")


def test_sources_of_another_tab_appear(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    conversation = member.say("Daqui", nova=True)["conversation_id"]
    page.clock.install()
    page.goto(f"/chat/{conversation}")
    expect(page.locator(".question")).to_have_text(["Daqui"])
    member.say(QUESTION, conversation_id=conversation, buscar=True)
    page.clock.fast_forward(15_001)
    expect(cards(page)).to_have_count(2)


def test_long_reply_that_comes_at_once_is_followed_to_its_sources(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page(PHONE, has_touch=True)
    sign_in(page, people)
    gemini(delay=0, pieces=2, text=TEXT + "\n\nUm parágrafo a mais." * 30, grounding=grounding(many(6)))
    switch(page).tap()
    say(page, QUESTION)
    expect(page.locator(".sources-expiry:visible")).to_be_in_viewport()


def test_copied_reply_has_its_sources(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, people)
    switch(page).click()
    say(page, QUESTION)
    page.get_by_role("button", name="Copiar resposta").click()
    expect(page.locator(".message-answered use[href='#icon-done']")).to_be_attached()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "órgão de estatística[1]." in copied
    assert copied.endswith(
        "2. economia.example: <https://vertexaisearch.example/grounding-api-redirect/economia.example>"
    )
    html = page.evaluate(
        "navigator.clipboard.read().then(([one]) => one.getType('text/html')).then((blob) => blob.text())"
    )
    assert html.count("<li>") == 4  # two items of the reply, two sources
    assert ">economia.example</a></li></ol>" in html


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "size"), [("phone", PHONE), ("small", SMALL), ("desktop", DESKTOP), ("zoomed", ZOOMED)]
)
def test_search_fits(
    new_page: Callable[..., Page], people: People, gemini: Gemini, name: str, size: dict[str, int], look: str
) -> None:
    page = new_page(size, look, has_touch=name in ("phone", "small"))
    sign_in(page, people)
    screenshot(page, f"web-search-switch-{name}-{look}")
    switch(page).click()
    sources = many(4)
    sources[1] = ("Café tem a maior queda do ano, mostra pesquisa de preços em doze capitais", sources[1][1])
    gemini(text=TEXT, grounding=grounding(sources))
    say(page, QUESTION)
    expect(cards(page)).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for target in [*cards(page).all(), switch(page), page.locator(".composer-send")]:
        box = target.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
    # The words and their number are never on two lines.
    tops = page.locator(".reply p").first.evaluate(
        "(it) => [...it.querySelectorAll('.citation a')].map((one) => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
    screenshot(page, f"web-search-{name}-{look}")


def test_sources_in_print_and_in_forced_colors(new_page: Callable[..., Page], people: People, gemini: Gemini) -> None:
    page = new_page()
    sign_in(page, people)
    switch(page).click()
    gemini(text=TEXT, grounding=grounding(many(8)))
    say(page, QUESTION)
    page.emulate_media(forced_colors="active")
    screenshot(page, "web-search-forced-colors")
    page.emulate_media(forced_colors="none", media="print")
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.get_by_role("button", name="Mostrar as 8 fontes")).to_be_hidden()
    expect(cards(page).filter(visible=True)).to_have_count(8)
    expect(page.locator(".citation a")).to_have_count(8)
    screenshot(page, "web-search-print")
