"""The pages on small, large and unusual screens, on paper, and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE, say, screenshot, sign_in, take_session
from tests.support.people import PASSWORD, People
from tests.support.rows import Rows
from tests.support.waiting import wait_until

WIDE_TABLE = (
    "| "
    + " | ".join(f"Coluna número {n}" for n in range(9))
    + " |\n|"
    + "---:|" * 9
    + "\n| "
    + "1.234,50 | " * 9
    + "\n"
)


def test_at_400_percent_zoom_messages_are_still_read(new_page: Callable[..., Page], people: People) -> None:
    page = new_page({"width": 320, "height": 200})
    sign_in(page, people)
    say(page, "Oi")
    height = page.locator(".messages").evaluate("(it) => it.clientHeight")
    assert height >= 90
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".reply")).to_contain_text("demonstração")
    page.locator(".reply").scroll_into_view_if_needed()
    screenshot(page, "zoom-400")
    page.get_by_label("Sua mensagem").scroll_into_view_if_needed()
    expect(page.get_by_label("Sua mensagem")).to_be_in_viewport()
    small = new_page({"width": 320, "height": 268})
    sign_in(small, people)
    expect(small.locator(".composer-note")).to_be_hidden()


def test_forced_colors_keep_the_shapes(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(DESKTOP, forced_colors="active")
    sign_in(page, people)
    say(page, "Oi")
    for part in (".question", ".composer-send"):
        assert page.locator(part).first.evaluate("(it) => getComputedStyle(it).borderTopWidth") == "1px"
    screenshot(page, "forced-colors")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors_keep_charts_buttons_fields_and_focus_of_the_pages_of_use(
    new_page: Callable[..., Page], people: People, product: Rows, scheme: str
) -> None:
    page, person = new_page(DESKTOP, scheme, forced_colors="active"), people.member()
    product.run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", person.email)
    take_session(page, person)
    person.say("Oi")
    person.http.post("/password/confirm", json={"senha_atual": PASSWORD}).raise_for_status()
    account = product.value("SELECT id FROM usuarios WHERE email = %s", person.email)
    paths = ("/uso", "/admin", "/admin/people", f"/admin/people/{account}", "/admin/invitations", "/admin/audit")
    for number, path in enumerate(paths):
        page.goto(path)
        screenshot(page, f"forced-colors-{scheme}-use-{number}")
        flat = page.evaluate(
            """() => [...document.querySelectorAll('.button, .form-input, [aria-current=page]')].filter((it) =>
            ![it, ...it.children].some((one) => parseFloat(getComputedStyle(one).borderTopWidth) > 0))
            .map((it) => it.outerHTML.slice(0, 80))"""
        )
        assert flat == [], path
        # A bar has the color of the text, which the user's own colors make readable on the page.
        fills = page.evaluate("[...document.querySelectorAll('.chart-bar')].map((it) => getComputedStyle(it).fill)")
        assert set(fills) <= {page.evaluate("getComputedStyle(document.querySelector('h1')).color")}, path
        assert bool(fills) == (path in ("/uso", "/admin"))
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring not in ("none", ""), path


def test_on_a_phone_enter_begins_a_line_and_back_closes_the_drawer(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")
    expect(field).to_have_attribute("enterkeyhint", "enter")
    field.click()
    page.keyboard.type("uma")
    page.keyboard.press("Enter")
    page.keyboard.type("duas")
    expect(field).to_have_value("uma\nduas")
    page.get_by_role("button", name="Enviar").click()
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    address = page.url
    page.get_by_role("button", name="Abrir conversas").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("navigation")).not_to_be_visible()
    assert page.url == address
    page.get_by_role("button", name="Nova conversa", exact=True).click()  # in the bar, without the drawer
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    screenshot(page, "phone-new")


def test_wide_table_scrolls_by_keyboard_and_numbers_stand_right(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page(PHONE)
    sign_in(page, people)
    gemini(text=WIDE_TABLE)
    say(page, "Uma tabela larga")
    table = page.locator(".reply-table")
    assert table.evaluate("(it) => it.scrollWidth > it.clientWidth && it.tabIndex === 0")
    assert page.locator("td").first.evaluate("(it) => getComputedStyle(it).textAlign") == "end"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, "wide-table")


def test_dots_are_level_and_a_code_block_keeps_its_height(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(text="Veja:\n\n```python\nprint('oi')\n```\n\nFim.", delay=0.5, pieces=4)
    page.evaluate(
        """() => new MutationObserver((_, watcher) => {
          const dots = [...document.querySelectorAll(".thinking i")];
          if (!dots.length) return;
          window.heights = dots.map((dot) => dot.getBoundingClientRect().y);
          watcher.disconnect();
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    say(page, "Com código")
    assert len(set(page.evaluate("window.heights"))) == 1
    height = "() => document.querySelector('.code').getBoundingClientRect().height"
    streamed = page.evaluate(height)
    page.reload()
    assert page.evaluate(height) == streamed
    screenshot(page, "code-after-reload")


def test_print_has_the_whole_conversation(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    member = sign_in(page, people)
    first = member.say("Primeira de todas", nova=True)["conversation_id"]
    for number in range(30):
        member.say(f"Pergunta {number}", conversation_id=first)
    page.goto(f"/chat/{first}")
    page.evaluate(
        "() => { window.print = () => { window.printed = document.querySelectorAll('.message').length; }; }"
    )
    page.get_by_role("button", name="Opções da conversa", exact=True).click()
    page.get_by_role("menuitem", name="Imprimir").click()
    wait_until(lambda: page.evaluate("window.printed") == 62, "all messages to be loaded")


def test_without_javascript_the_list_is_read_on_a_phone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    member = people.member()
    member.say("Uma pergunta", nova=True)
    take_session(page, member)
    page.goto("/chat")
    expect(page.locator(".conversation-list a").first).to_be_visible()
    expect(page.locator(".reply")).to_contain_text("demonstração")
    screenshot(page, "phone-without-script")
