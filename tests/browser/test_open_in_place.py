"""Conversations open in the page: the list stays, Back and Forward work, and a reply under way is followed again."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Request, expect

from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.waiting import wait_until


def add_conversations(product: Rows, email: str, count: int) -> None:
    """Add conversations "Conversa 0", "Conversa 1", …, each one day older than the one before."""
    for number in range(count):
        conversation = product.insert(
            "INSERT INTO conversas"
            " (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao, ultima_seq)"
            " SELECT id, %s, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s DAY, 2"
            " FROM usuarios WHERE email = %s",
            f"Conversa {number}",
            number,
            email,
        )
        product.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, estado, data_envio)"
            " VALUES (%s, 1, 'usuario', %s, 'completa', UTC_TIMESTAMP(6)),"
            " (%s, 2, 'ia', 'Sim.', 'completa', UTC_TIMESTAMP(6))",
            conversation,
            f"Pergunta {number}",
            conversation,
        )


def open_chat(page: Page, people: People, product: Rows, count: int) -> Person:
    """Open the chat page of a new member who has `count` conversations. Returns the member."""
    member = sign_in(page, people)
    add_conversations(product, member.email, count)
    page.goto("/chat")
    return member


def entry(page: Page, title: str) -> Locator:
    return page.locator(".conversation-list").get_by_role("link", name=title, exact=True)


def open_entry(page: Page, title: str) -> None:
    entry(page, title).click()
    expect(page.locator(".topbar-title")).to_have_text(title)


def loads(page: Page) -> list[str]:
    """Return a list that will hold the addresses of all pages that are loaded from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            found.append(request.url)

    page.on("request", note)
    return found


def test_eighty_eighth_conversation_opens_where_the_list_is(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    open_chat(page, people, product, 90)
    loaded = loads(page)
    for count in (60, 90):
        page.get_by_role("button", name="Carregar mais").click()
        expect(page.locator(".conversation-group li")).to_have_count(count)
    page.locator(".conversation-list").evaluate("(it) => { it.scrollTop = it.scrollHeight; }")
    place = page.locator(".conversation-list").evaluate("(it) => it.scrollTop")
    open_entry(page, "Conversa 87")
    expect(page.locator(".question")).to_have_text(["Pergunta 87"])
    expect(page).to_have_title("Conversa 87 · FalaAí")
    expect(page).to_have_url(re.compile(r"/chat/\d+$"))
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text("Conversa 87")
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    assert page.locator(".conversation-list").evaluate("(it) => it.scrollTop") == place
    expect(page.locator(".conversation-group li")).to_have_count(90)
    screenshot(page, "opened-in-place")
    say(page, "E agora?")  # it moves to the top; the others stay
    expect(page.locator(".conversation-group li").first).to_have_text(re.compile("Conversa 87"))
    expect(page.locator(".conversation-group li")).to_have_count(90)
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text("Conversa 87")
    assert loaded == []


def test_reload_marks_the_open_conversation_wherever_it_is_in_the_list(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    add_conversations(product, member.email, 90)
    query = (
        "SELECT c.id FROM conversas c JOIN usuarios u ON u.id = c.id_usuario"
        " WHERE titulo_conversa = 'Conversa 87' AND u.email = %s"
    )
    page.goto(f"/chat/{product.value(query, member.email)}")
    current = page.locator(".conversation-list [aria-current=page]")
    expect(current).to_have_text("Conversa 87")
    expect(current).to_be_in_viewport()
    expect(page.locator(".conversation-group li")).to_have_count(31)
    screenshot(page, "reloaded-far-down")
    headings = page.locator(".conversation-group h2")
    for count in (61, 90):
        page.get_by_role("button", name="Carregar mais").click()
        expect(page.locator(".conversation-group li")).to_have_count(count)
        expect(current).to_have_text("Conversa 87")
    expect(page.locator(".conversation-title")).to_have_text([f"Conversa {number}" for number in range(90)])
    assert len(set(headings.all_inner_texts())) == headings.count()


def test_back_and_forward_bring_conversation_place_and_draft(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page({"width": 1280, "height": 500})
    open_chat(page, people, product, 3)
    loaded = loads(page)
    open_entry(page, "Conversa 0")
    say(page, "Mostre uma tabela, uma lista e um código em Python")
    field = page.get_by_label("Sua mensagem")
    field.fill("rascunho da primeira")
    page.locator(".messages").evaluate("(it) => { it.scrollTop = 0; }")
    open_entry(page, "Conversa 1")
    expect(field).to_have_value("")
    field.fill("rascunho da segunda")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_count(0)
    expect(field).to_have_value("")
    page.go_back()
    expect(page.locator(".topbar-title")).to_have_text("Conversa 1")
    expect(page.locator(".question")).to_have_text(["Pergunta 1"])
    expect(field).to_have_value("rascunho da segunda")
    expect(page.locator(".greeting")).to_have_count(0)
    page.go_back()
    expect(page.locator(".topbar-title")).to_have_text("Conversa 0")
    expect(page.locator(".question").first).to_be_in_viewport()
    expect(field).to_have_value("rascunho da primeira")
    page.go_forward()
    expect(page.locator(".topbar-title")).to_have_text("Conversa 1")
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text("Conversa 1")
    page.go_forward()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    assert loaded == []
    page.go_back()
    page.reload()
    expect(page.locator(".question")).to_have_text(["Pergunta 1"])


def test_reply_under_way_goes_on_and_is_followed_again(
    new_page: Callable[..., Page], people: People, product: Rows, gemini: Callable[..., None]
) -> None:
    page = new_page()
    open_chat(page, people, product, 1)
    gemini(text="um dois três quatro cinco seis sete oito", delay=0, pieces=8)
    gemini(fault="pause", after_pieces=3, times=1)
    say(page, "Conte até oito", wait=False)
    expect(page.locator(".reply")).to_contain_text("um")
    expect(page.locator(".topbar-title")).to_have_text("Conte até oito")
    open_entry(page, "Conversa 0")
    expect(page.locator(".reply")).to_have_text(["Sim."])
    expect(page.get_by_role("button", name="Enviar")).to_be_visible()
    gemini(text="Outra coisa.", delay=0)
    say(page, "E enquanto isso?")
    expect(page.locator(".reply")).to_have_text(["Sim.", "Outra coisa."])
    entry(page, "Conte até oito").click()
    expect(page.locator(".question")).to_have_text(["Conte até oito"])
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    gemini(fault=None)
    expect(page.locator(".message-answered[data-state=completa] .reply")).to_have_text(
        "um dois três quatro cinco seis sete oito"
    )


def test_title_and_entry_are_there_with_the_first_words(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(delay=2, pieces=8)
    say(page, "Qual é a melhor época do ano para conhecer a Chapada Diamantina?", wait=False)
    title = "Qual é a melhor época do ano para conhecer a…"
    expect(page.locator(".topbar-title")).to_have_text(title)
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text(title)
    expect(page.locator(".message-answered")).to_have_attribute("data-state", "gerando")
    screenshot(page, "title-at-once")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".topbar-title")).to_have_text(title)  # a stopped reply gets no other


def test_modified_click_opens_the_conversation_in_another_tab(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    open_chat(page, people, product, 2)
    link = entry(page, "Conversa 1")
    address = link.evaluate("(it) => it.href")
    # Chromium itself is asked: Playwright may not report a tab that is opened by Ctrl and a click.
    devtools = page.context.new_cdp_session(page)
    link.click(modifiers=["ControlOrMeta"])

    def titles() -> list[str]:
        """Return the title of each tab that shows the conversation."""
        targets = devtools.send("Target.getTargets")["targetInfos"]
        return [one["title"] for one in targets if one["type"] == "page" and one["url"] == address]

    wait_until(lambda: titles() == ["Conversa 1 · FalaAí"], "the conversation is in another tab")
    expect(page).to_have_url(re.compile(r"/chat$"))
    expect(page.locator(".question")).to_have_count(0)


def test_page_without_script_uses_the_link(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page(java_script_enabled=False)
    open_chat(page, people, product, 2)
    entry(page, "Conversa 1").click()
    expect(page.locator(".question")).to_have_text(["Pergunta 1"])


def test_drawer_closes_with_the_opened_conversation_and_back_returns(
    new_page: Callable[..., Page], people: People, product: Rows, gemini: Callable[..., None]
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    open_chat(page, people, product, 2)
    page.get_by_role("button", name="Abrir conversas").click()
    open_entry(page, "Conversa 0")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    page.get_by_role("button", name="Abrir conversas").click()
    open_entry(page, "Conversa 1")
    page.go_back()
    expect(page.locator(".topbar-title")).to_have_text("Conversa 0")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    gemini(delay=2, pieces=8)
    say(page, "Devagar", wait=False)
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    page.get_by_role("button", name="Abrir conversas").click()
    page.keyboard.press("Escape")  # closes the drawer only
    expect(page.get_by_role("navigation")).not_to_be_visible()
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    assert page.evaluate("history.state?.drawer") is None
    page.keyboard.press("Escape")
    expect(page.locator(".message-answered[data-state=interrompida]")).to_have_count(1)


def test_conversation_deleted_elsewhere_says_so(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    member = open_chat(page, people, product, 2)
    conversation = page.locator(".conversation-list li").last.get_attribute("data-id")
    member.http.delete(f"/conversation/{conversation}").raise_for_status()
    entry(page, "Conversa 1").click()
    expect(page.get_by_role("heading", name="Conversa não encontrada")).to_be_visible()


def test_without_a_connection_the_open_conversation_stays(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    open_chat(page, people, product, 2)
    open_entry(page, "Conversa 0")
    page.context.set_offline(True)
    entry(page, "Conversa 1").click()
    expect(page.get_by_text("Sem conexão. Confira a internet e tente de novo.")).to_be_visible()
    expect(page.locator(".question")).to_have_text(["Pergunta 0"])
    expect(page.locator(".topbar-title")).to_have_text("Conversa 0")
