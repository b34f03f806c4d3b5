"""Web search from the composer: the switch, its default, and what happens when there is no search."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.web_search import QUESTION, USED_UP, cards, searches_asked, switch
from tests.support.browser import Gemini, edit_question, say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows

DONE = ".message-answered[data-state=completa]"


def test_reply_searches_while_the_switch_is_pressed_and_shows_its_sources(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    asked = searches_asked(page)
    say(page, "Uma pergunta sem busca")
    expect(cards(page)).to_have_count(0)
    page.get_by_label("Sua mensagem").focus()
    page.keyboard.press("Tab")
    expect(switch(page)).to_be_focused()
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Space")
    expect(switch(page)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+Escape")
    say(page, QUESTION)
    expect(cards(page)).to_have_text(["jornal.example", "economia.example"])
    expect(page.get_by_role("status").filter(has_text="Resposta pronta, com 2 fontes.")).to_be_attached()
    numbers = page.locator(".citation a")
    expect(numbers).to_have_text(["1", "2"])
    for links in (numbers, cards(page)):
        for link in links.all():
            expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
            expect(link).to_have_attribute("target", "_blank")
            expect(link).to_have_attribute("href", re.compile(r"^https://vertexaisearch\.example/"))
    expect(page.locator(".sources-expiry:visible")).to_have_text(re.compile("apagada depois de 23 meses"))
    screenshot(page, "web-search")
    parts = page.locator(".message-answered:last-child").locator(".reply, .sources")
    shown = parts.all_inner_texts()
    page.reload()
    expect(page.locator(".message-answered").last).to_have_text(re.compile("Fontes"))
    assert parts.all_inner_texts() == shown
    say(page, "Sem busca, outra vez")
    assert asked == [False, True, False]  # the page that was loaded again begins with the person's default


def test_reply_without_a_search_says_why(new_page: Callable[..., Page], people: People, gemini: Gemini) -> None:
    page = new_page()
    sign_in(page, people)
    switch(page).click()
    gemini(fault="503", searching=True)
    say(page, QUESTION)
    notice = page.locator(".sources-notice")
    expect(notice).to_have_text(re.compile("A busca na web não funcionou agora."))
    expect(page.locator(".sources-expiry")).to_be_hidden()
    screenshot(page, "web-search-unavailable")
    page.reload()
    expect(notice).to_have_text(re.compile("A busca na web não funcionou agora."))
    gemini(fault=None)
    switch(page).click()
    say(page, "Oi")
    expect(notice.last).to_have_text("O Gemini respondeu sem precisar buscar na web.")


def test_wait_says_that_the_web_is_searched(new_page: Callable[..., Page], people: People, gemini: Gemini) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(fault="pause", times=1)
    switch(page).click()
    say(page, QUESTION, wait=False)
    expect(page.locator(".thinking")).to_have_text("Buscando na web…")
    screenshot(page, "web-search-waiting")
    gemini(fault=None)
    expect(page.locator(DONE)).to_have_count(1)


def test_used_up_searches_leave_the_text_and_an_offer_to_send_it_without(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    asked = searches_asked(page)
    switch(page).click()
    say(page, QUESTION)
    product.run(USED_UP, member.email)
    say(page, "Mais uma notícia?", wait=False)
    expect(page.get_by_text("As buscas de hoje acabaram")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Mais uma notícia?")
    expect(page.locator(".question")).to_have_count(1)
    screenshot(page, "web-search-used-up")
    page.get_by_role("button", name="Enviar sem buscar").click()
    expect(page.locator(DONE)).to_have_count(2)
    expect(page.get_by_text("As buscas de hoje acabaram")).to_be_hidden()
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    switch(page).click()
    page.get_by_role("button", name="Responder de novo").click()
    page.get_by_role("button", name="Responder sem buscar").click()
    expect(page.locator("[data-part=version-count]").last).to_have_text("2/2")
    switch(page).click()
    edit_question(page, "Mais uma", "Menos uma notícia?")
    page.get_by_role("button", name="Enviar sem buscar").click()
    expect(page.locator(".question")).to_have_text([QUESTION, "Menos uma notícia?"])
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    expect(page.locator("[data-part=version-count]:visible")).to_have_text(["2/2"])
    assert asked == [True, True, False, True, False, True, False]
    expect(cards(page)).to_have_count(2)  # those of the first reply


def test_refused_search_leaves_the_sources_of_the_reply(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    switch(page).click()
    say(page, QUESTION)
    product.run(USED_UP, member.email)
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.get_by_role("button", name="Responder sem buscar")).to_be_visible()
    expect(cards(page)).to_have_count(2)
    page.get_by_role("button", name="Responder sem buscar").click()
    expect(page.locator("[data-part=version-count]:visible")).to_have_text("2/2")
    expect(cards(page)).to_have_count(0)
    page.get_by_role("button", name="Versão anterior").click()
    expect(cards(page)).to_have_count(2)
    expect(page.locator(".citation")).to_have_count(2)


def test_question_that_waits_for_a_connection_is_sent_as_it_was_asked(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Antes")
    switch(page).click()
    page.context.set_offline(True)
    say(page, QUESTION, wait=False)
    expect(page.get_by_text("Sua mensagem será enviada quando ela voltar.")).to_be_visible()
    switch(page).click()
    asked = searches_asked(page)
    page.context.set_offline(False)
    expect(cards(page)).to_have_count(2)
    assert set(asked) == {True}


def test_question_of_an_earlier_page_is_sent_as_it_was_asked(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Antes")
    switch(page).click()
    for path in ("**/chat/stream", "**/health"):  # the page waits for a connection
        page.route(path, lambda route: route.abort())
    say(page, QUESTION, wait=False)
    expect(page.get_by_text("Sua mensagem será enviada quando ela voltar.")).to_be_visible()
    page.unroute_all()
    asked = searches_asked(page)
    page.reload()
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
    expect(cards(page)).to_have_count(2)
    assert asked == [True]


def test_default_of_the_person_is_set_in_the_profile(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
    page.goto("/profile")
    box = page.get_by_role("checkbox", name="Começar toda conversa com a busca ligada")
    expect(box).not_to_be_checked()
    box.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Suas novas mensagens vão buscar na web.")).to_be_visible()
    box.scroll_into_view_if_needed()
    screenshot(page, "web-search-profile")
    page.reload()
    expect(box).to_be_checked()
    page.goto("/chat")
    expect(switch(page)).to_have_attribute("aria-pressed", "true")
    asked = searches_asked(page)
    say(page, QUESTION)
    switch(page).click()
    say(page, "Sem busca")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(switch(page)).to_have_attribute("aria-pressed", "true")
    assert asked == [True, False]
    page.goto("/profile")
    page.route("**/profile/search", lambda route: route.abort())
    box.click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    expect(box).to_be_checked()


def test_palette_presses_the_switch(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Ligar a busca na web").click()
    expect(switch(page)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Desligar a busca na web").click()
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
