"""Small things that a reader notices: room between messages, names that fit, times, the list on every screen."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, Gemini, say, screenshot, sign_in
from tests.support.people import People

LONG = "palavra " * 400


def test_hidden_tools_leave_no_hole_and_work_when_they_show(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, people)
    say(page, "Oi")
    say(page, "E de novo")
    gap = page.evaluate(
        "() => document.querySelector('.reply').getBoundingClientRect().top"
        " - document.querySelector('.question').getBoundingClientRect().bottom"
    )
    assert 8 <= gap <= 24
    screenshot(page, "rhythm")
    page.locator(".question").first.hover()
    screenshot(page, "tools-over-the-gap")
    page.get_by_role("button", name="Copiar pergunta").first.click()
    expect(page.locator(".message-asked use[href='#icon-done']")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == "Oi"
    phone = new_page(PHONE, has_touch=True, is_mobile=True)
    sign_in(phone, people)
    say(phone, "Oi")
    expect(phone.get_by_role("button", name="Copiar pergunta")).to_be_visible()
    screenshot(phone, "tools-phone")


def test_stopped_reply_offers_another_one_once(new_page: Callable[..., Page], people: People, gemini: Gemini) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(text="um dois três", delay=1.5, pieces=3)
    say(page, "Conte", wait=False)
    expect(page.locator(".reply")).to_contain_text("um")
    page.get_by_role("button", name="Parar").click()
    expect(page.get_by_role("button", name="Responder de novo")).to_have_count(1)
    screenshot(page, "stopped")


def test_failure_has_a_sign(new_page: Callable[..., Page], people: People, gemini: Gemini) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(fault="503")
    say(page, "Vai falhar?", wait=False)
    problem = page.locator(".reply-problem")
    expect(problem).to_contain_text("Sua pergunta está guardada.")
    assert '"!"' in problem.evaluate("(it) => getComputedStyle(it, '::before').content")
    screenshot(page, "failure-sign")


def test_stop_takes_back_a_message_that_waits_for_a_connection(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Antes")
    page.context.set_offline(True)
    say(page, "Espera aí", wait=False)
    expect(page.get_by_text("Sua mensagem será enviada quando ela voltar.")).to_be_visible()
    page.get_by_role("button", name="Parar").click()
    expect(page.locator(".question")).to_have_text(["Antes"])
    expect(page.get_by_label("Sua mensagem")).to_have_value("Espera aí")
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Espera aí")
    expect(page.locator(".question")).to_have_text(["Antes"])
    (conversation,) = member.http.get("/conversations").json()
    assert len(member.http.get(f"/conversation/{conversation['id']}").json()) == 2


def test_way_to_the_end_shows_as_soon_as_a_growing_reply_is_not_followed(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page({"width": 1280, "height": 600})
    sign_in(page, people)
    gemini(text=LONG, delay=0.3, pieces=60)
    say(page, "Fale muito", wait=False)
    page.wait_for_function(
        "() => { const it = document.querySelector('.messages'); return it.scrollHeight > it.clientHeight + 300; }"
    )
    to_end = page.get_by_role("button", name="Ir ao fim")
    expect(to_end).to_be_hidden()
    page.locator(".messages").hover()
    page.mouse.wheel(0, -120)
    expect(to_end).to_be_visible()
    screenshot(page, "to-end")
    to_end.click()
    expect(to_end).to_be_hidden()
    page.keyboard.press("Escape")


def test_name_that_is_too_long_is_told_and_not_cut(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    name = "Um nome comprido demais para caber na lista de conversas"
    page.get_by_role("button", name="Opções da conversa", exact=True).click()
    page.get_by_role("menuitem", name="Renomear").click()
    field = page.get_by_label("Nome da conversa")
    field.fill(name)
    expect(page.get_by_text(f"O nome tem {len(name)} caracteres; o limite é 50.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(field).to_have_value(name)  # nothing is cut, nothing is saved
    screenshot(page, "name-too-long")
    field.fill(name[:50])
    expect(page.locator(".rename-note")).to_have_text("")
    page.keyboard.press("Enter")
    expect(page.locator(".topbar-title")).to_have_text(name[:50])


def test_times_are_those_of_the_readers_zone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    sign_in(page, people)
    say(page, "Oi")
    page.reload()
    time = page.locator(".message-answered time")
    sent = datetime.fromisoformat(time.get_attribute("datetime") or "")
    assert abs(datetime.now(UTC) - sent) < timedelta(hours=1)
    there = sent.astimezone(UTC) + timedelta(hours=9)
    expect(time).to_have_text(re.compile(rf"^(hoje|ontem), 0?{there.hour}:{there.minute:02}$"))


def test_tools_of_every_message_are_shown_where_no_pointer_can_show_them(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    sign_in(page, people)
    say(page, "Primeira")
    say(page, "Segunda")
    tools = page.locator(".message-tool[data-act=copy], .message-time")
    expect(tools).to_have_count(8)
    assert set(tools.evaluate_all("(all) => all.map((one) => getComputedStyle(one).opacity)")) == {"1"}
    screenshot(page, "tools-phone")
    page.get_by_role("button", name="Editar pergunta").first.tap()
    screenshot(page, "edit-phone")


def test_dialog_leaves_a_margin_on_a_phone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    sign_in(page, people)
    say(page, "Oi")
    page.get_by_role("button", name="Opções da conversa").first.tap()
    page.get_by_role("menuitem", name="Apagar conversa").tap()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 16
    assert box["x"] + box["width"] <= PHONE["width"] - 16


def test_list_can_be_collapsed_and_stays_so(new_page: Callable[..., Page], people: People) -> None:
    page = new_page({"width": 820, "height": 1100})
    sign_in(page, people)
    say(page, "Mostre uma tabela e um código em Python")
    screenshot(page, "tablet")
    width = "document.querySelector('.messages').clientWidth"
    before = page.evaluate(width)
    page.get_by_role("button", name="Recolher conversas").click()
    expect(page.get_by_role("navigation")).to_be_hidden()
    opener = page.get_by_role("button", name="Abrir conversas")
    expect(opener).to_be_focused()
    assert page.evaluate(width) > before + 200
    screenshot(page, "tablet-collapsed")
    # The page is right before its script has run: nothing moves, and the list never flashes open.
    with ExitStack() as release:
        page.route("**/chat*.js", lambda route: release.callback(route.continue_))
        page.reload(wait_until="commit")
        expect(page.locator(".composer")).to_be_visible()
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(opener).to_be_visible()
        assert page.evaluate(width) > before + 200
    expect(page.locator("[data-part=left]")).not_to_be_empty()  # the script has run
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")
    page.set_viewport_size({"width": 700, "height": 1100})
    opener.click()
    expect(page.get_by_role("navigation")).to_be_visible()
    page.get_by_role("button", name="Fechar conversas").click()
    page.set_viewport_size({"width": 820, "height": 1100})
    expect(page.get_by_role("navigation")).to_be_hidden()
    opener.click()
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.get_by_role("button", name="Recolher conversas")).to_be_focused()


def test_phone_on_its_side_reaches_every_conversation(new_page: Callable[..., Page], people: People) -> None:
    page = new_page({"width": 844, "height": 390}, has_touch=True, is_mobile=True)
    member = sign_in(page, people)
    for number in range(8):
        member.say(f"Pergunta {number}", nova=True)
    page.reload()
    last = page.locator(".conversation-group li").last
    page.locator(".sidebar").evaluate("(it) => { it.scrollTop = it.scrollHeight; }")
    expect(last).to_be_in_viewport()
    shown = page.locator(".conversation-group li").evaluate_all(
        "(items) => items.filter((it) => { const box = it.getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight; }).length"
    )
    assert shown >= 4
    screenshot(page, "landscape")


def test_fields_show_focus_and_their_state(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(color_scheme="dark")
    page.goto("/cadastro")
    assert page.get_by_role("checkbox").evaluate("(it) => getComputedStyle(it).accentColor") == "auto"
    page.get_by_role("checkbox").scroll_into_view_if_needed()
    screenshot(page, "checkbox-dark")
    sign_in(page, people)
    say(page, "Oi")
    page.locator(".question").hover()
    page.get_by_role("button", name="Editar pergunta").click()
    assert page.locator(".question").evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"
    screenshot(page, "editor-focus")
    page.keyboard.press("Escape")
    search = page.get_by_role("searchbox")
    search.fill("oi")
    search.blur()
    right = "(it) => it.getBoundingClientRect().right"
    assert page.locator(".search").evaluate(right) - search.evaluate(right) < 20
    screenshot(page, "search-with-words")
