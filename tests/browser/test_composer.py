"""Writing a message: nothing typed is ever lost, and every reason it cannot be sent is told apart."""

from collections.abc import Callable
from itertools import groupby

from playwright.sync_api import Page, Route, expect

from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People, Person
from tests.support.rows import Rows


def test_field_grows_to_eight_lines_and_enter_sends(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")
    expect(field).to_be_focused()
    heights = []
    for _ in range(10):
        heights.append(round(field.bounding_box()["height"]))  # type: ignore[index]
        page.keyboard.type("linha")
        page.keyboard.press("Shift+Enter")
    assert heights[0] < heights[3] < heights[6]
    assert heights[8] == heights[9] <= 8 * 26 + 18
    field.fill("uma\nduas")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("uma\nduas", use_inner_text=True)
    expect(field).to_have_value("")
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    expect(field).to_be_focused()


def test_enter_that_ends_an_input_method_composition_sends_nothing(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")
    field.fill("にほん")
    for options in ("isComposing: true", "keyCode: 229"):
        field.evaluate(
            f"(it) => it.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {options}}}))"
        )
    expect(field).to_have_value("にほん")
    expect(page.locator(".question")).to_have_count(0)


def test_each_conversation_keeps_its_own_draft(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Primeira conversa")
    first = page.url
    field = page.get_by_label("Sua mensagem")
    field.fill("rascunho da primeira")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.locator(".greeting")).to_be_visible()
    expect(field).to_have_value("")
    field.fill("rascunho da nova")
    page.goto(first)
    expect(field).to_have_value("rascunho da primeira")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(field).to_have_value("rascunho da nova")


def test_message_too_long_is_kept_and_told_before_it_is_sent(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")
    field.fill("á" * 32_412)
    expect(page.get_by_text("Sua mensagem tem 32.412 caracteres; o limite é 32.000.")).to_be_visible()
    expect(page.get_by_role("button", name="Enviar")).to_be_disabled()
    page.keyboard.press("Enter")
    assert len(field.input_value()) == 32_412
    field.fill("á" * 32_000)
    expect(page.get_by_text("o limite é 32.000.")).to_be_hidden()
    expect(page.get_by_role("button", name="Enviar")).to_be_enabled()


def test_without_connection_the_message_waits_and_is_sent_once(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Antes")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.locator(".greeting")).to_be_visible()
    page.context.set_offline(True)
    say(page, "Sem rede", wait=False)
    expect(page.get_by_text("Sem conexão. Sua mensagem será enviada quando ela voltar.")).to_be_visible()
    screenshot(page, "chat-offline")
    page.context.set_offline(False)
    expect(page.locator(".reply")).to_contain_text("demonstração")
    assert stored_conversations(product, member) == [["Antes"], ["Sem rede"]]


def stored_conversations(product: Rows, member: Person) -> list[list[str]]:
    """Return the questions of each of a person's conversations, the oldest conversation first."""
    rows = product.list(
        "SELECT c.id, m.conteudo FROM conversas c JOIN usuarios u ON u.id = c.id_usuario"
        " LEFT JOIN mensagens m ON m.id_conversa = c.id AND m.remetente = 'usuario'"
        " WHERE u.email = %s ORDER BY c.id, m.seq",
        member.email,
    )
    return [[row["conteudo"] for row in group] for _, group in groupby(rows, key=lambda row: row["id"])]


def test_message_goes_into_the_conversation_that_its_tab_shows(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    one = new_page()
    member = sign_in(one, people)
    say(one, "Capital do Acre?")
    one.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(one.locator(".greeting")).to_be_visible()
    one.get_by_label("Sua mensagem").fill("Receita de pão")
    two = one.context.new_page()
    two.goto("/chat")
    two.locator(".conversation-group a").click()
    expect(two.locator(".question")).to_have_text(["Capital do Acre?"])
    say(two, "E a do Pará?")
    one.get_by_label("Sua mensagem").press("Enter")
    expect(one.locator(".reply")).to_contain_text("Recebi 1 mensagem")
    expect(one.locator(".question")).to_have_text(["Receita de pão"])
    say(two, "E a do Amapá?")
    say(one, "Sem glúten?")
    assert stored_conversations(product, member) == [
        ["Capital do Acre?", "E a do Pará?", "E a do Amapá?"],
        ["Receita de pão", "Sem glúten?"],
    ]


def test_first_message_whose_answer_is_lost_makes_one_conversation(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Antes")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.locator(".greeting")).to_be_visible()
    lost = []

    def lose(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)  # the server has taken it
            route.abort()
        else:
            route.continue_()

    page.route("**/chat/stream", lose)
    say(page, "Uma vez só", wait=False)
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    assert lost == [200]
    assert stored_conversations(product, member) == [["Antes"], ["Uma vez só"]]


def test_question_whose_stream_ends_before_its_start_is_sent_once(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    # The server has stored the question, and the page learns nothing of it.
    page.route("**/chat/stream", lambda route: route.fulfill(response=route.fetch(), body=""), times=1)
    say(page, "Uma vez só")
    expect(page.locator(".question")).to_have_text(["Uma vez só"])
    assert stored_conversations(product, member) == [["Uma vez só"]]


def test_text_typed_before_the_reply_begins_is_the_draft_of_its_conversation(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")

    def type_first(route: Route) -> None:
        field.fill("Segunda")
        route.continue_()

    page.route("**/chat/stream", type_first, times=1)
    say(page, "Primeira")
    page.reload()
    expect(field).to_have_value("Segunda")
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.locator(".greeting")).to_be_visible()
    expect(field).to_have_value("")


def test_message_not_yet_sent_survives_a_reload(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Antes")
    page.route("**/chat/stream", lambda route: route.abort())
    say(page, "Ainda não foi", wait=False)
    expect(page.get_by_text("Sem conexão.")).to_be_visible()
    page.unroute("**/chat/stream")
    page.reload()
    expect(page.locator(".question")).to_have_text(["Antes", "Ainda não foi"])
    expect(page.locator(".reply").nth(1)).to_contain_text("demonstração")


def test_quota_gives_the_words_back(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Uma")
    expect(page.get_by_text("restam 199 mensagens hoje")).to_be_visible()
    product.run(
        "UPDATE uso_diario SET mensagens = 200 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)",
        member.email,
    )
    say(page, "Mais uma", wait=False)
    expect(page.get_by_text("Voltam à meia-noite, horário de São Paulo.")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Mais uma")
    expect(page.locator(".question")).to_have_count(1)
    screenshot(page, "chat-quota")
    page.reload()
    expect(page.get_by_text("sem mensagens até a meia-noite")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Mais uma")


def test_message_is_sent_though_the_browsers_storage_is_full(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.evaluate("""() => {
        Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    }""")
    say(page, "Uma pergunta sem cópia no navegador")
    expect(page.locator(".question")).to_have_text("Uma pergunta sem cópia no navegador")
    page.reload()
    expect(page.locator(".question")).to_have_text("Uma pergunta sem cópia no navegador")


def test_ended_session_keeps_the_draft_and_comes_back_to_the_conversation(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Antes")
    address = page.url
    member.http.post("/logout")
    say(page, "Depois", wait=False)
    expect(
        page.get_by_text("Sua sessão terminou. Entre de novo para continuar — o rascunho fica aqui.")
    ).to_be_visible()
    screenshot(page, "chat-session-ended")
    page.get_by_role("link", name="Entrar").click()
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Senha", exact=True).fill("cavalo bateria grampo")
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url(address)
    expect(page.get_by_label("Sua mensagem")).to_have_value("Depois")
    expect(page.locator(".question")).to_have_text(["Antes"])


def test_conversation_deleted_elsewhere_gives_the_words_back(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Antes")
    address = page.url
    member.http.delete(f"/conversation/{address.rsplit('/', 1)[1]}").raise_for_status()
    say(page, "Depois", wait=False)
    expect(page.get_by_text("Esta conversa não existe mais.")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value("Depois")
    page.goto(address)
    expect(page.get_by_role("heading", name="Conversa não encontrada")).to_be_visible()
    screenshot(page, "conversation-gone")
    page.get_by_role("link", name="Voltar às conversas").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
