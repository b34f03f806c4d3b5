"""A reply on the page, from the three dots to its end, whatever the end is."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.support.browser import DESKTOP, WORDS, Gemini, say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows


def test_reply_grows_block_by_block_and_is_stopped_with_escape(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(delay=0.02, pieces=60, text=f"Primeiro parágrafo.\n\n- um\n- dois\n\n{WORDS}")
    gemini(fault="pause", after_pieces=20, times=1)
    # The dots go with the first piece, which may come before the test looks.
    page.evaluate(
        "() => new MutationObserver(() => { window.thought ||= !!document.querySelector('.thinking'); })"
        ".observe(document.body, { childList: true, subtree: true })"
    )
    say(page, "Conte devagar", wait=False)
    expect(page.get_by_text("Primeiro parágrafo.")).to_be_visible()
    assert page.evaluate("() => window.thought")
    expect(page.get_by_role("status").filter(has_text="Escrevendo a resposta.")).to_be_attached()
    expect(page.locator(".reply li")).to_have_count(2)
    expect(page.locator(".reply .reply-tail")).to_contain_text("palavra5")
    screenshot(page, "chat-growing")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()
    expect(page.get_by_role("button", name="Enviar")).to_be_visible()
    kept = page.locator(".reply").inner_text()
    assert "palavra5" in kept
    assert "palavra199" not in kept
    screenshot(page, "chat-stopped")

    page.reload()
    expect(page.get_by_text("Você interrompeu esta resposta.")).to_be_visible()
    gemini()
    gemini(fault=None)
    page.get_by_role("button", name="Continuar").click()
    expect(page.locator(".question").nth(1)).to_have_text("Continue de onde parou.")
    expect(page.locator(".reply").nth(1)).to_contain_text("demonstração")


def test_reply_goes_on_without_its_reader_and_is_picked_up(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(delay=0.02, pieces=60, text=f"- um\n- dois\n\n{WORDS}")
    gemini(fault="pause", after_pieces=20, times=1)
    say(page, "Conte devagar", wait=False)
    expect(page.locator(".reply .reply-tail")).to_contain_text("palavra5")
    page.reload()
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    gemini(fault=None)
    expect(page.locator(".reply")).to_contain_text("palavra199")
    expect(page.locator(".reply li")).to_have_count(2)
    expect(page.locator(".question")).to_have_count(1)


def test_failed_reply_says_so_survives_a_reload_and_is_tried_again(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page(DESKTOP, "dark")
    sign_in(page, people)
    gemini(fault="cut")
    say(page, "Vai falhar?", wait=False)
    sentence = page.locator(".reply-problem").get_by_text(
        "A resposta do Gemini foi cortada no meio. Sua pergunta está guardada."
    )
    expect(sentence).to_be_visible()
    screenshot(page, "chat-failed-dark")
    page.reload()
    expect(sentence).to_be_visible()
    gemini(fault=None)
    page.get_by_role("button", name="Tentar de novo").click()
    expect(page.locator(".reply")).to_contain_text("demonstração")
    expect(sentence).to_be_hidden()
    expect(page.locator(".question")).to_have_count(1)


def test_failure_without_a_word_says_that_it_did_not_count(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Antes")
    left = page.locator("[data-part=left]")
    counted = left.inner_text()
    gemini(fault="429")
    say(page, "Vai falhar?", wait=False)
    problem = page.locator(".reply-problem").last
    expect(problem).to_contain_text("Esta tentativa não contou no seu limite de hoje.")
    expect(left).to_have_text(counted)
    screenshot(page, "not-counted")
    page.reload()
    expect(problem).to_contain_text("Esta tentativa não contou no seu limite de hoje.")
    expect(left).to_have_text(counted)


def test_blocked_question_can_be_put_another_way(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(fault="safety")
    say(page, "Pergunta difícil", wait=False)
    expect(page.locator(".reply-problem").get_by_text("Não posso responder a isso.")).to_be_visible()
    screenshot(page, "chat-blocked")
    gemini(fault=None)
    page.locator(".reply-problem").get_by_role("button", name="Editar pergunta").click()
    page.locator(".question textarea").fill("Pergunta mais simples")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("Pergunta mais simples")
    expect(page.locator(".question")).to_have_text(["Pergunta mais simples"])


def test_last_reply_is_given_again_and_all_text_can_be_copied(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, people)
    gemini(text="Uma **lista**:\n\n```python\nprint('oi')\n```\n")
    say(page, "Com código")
    copied = "navigator.clipboard.readText()"
    page.get_by_role("button", name="Copiar", exact=True).click()
    expect(page.get_by_role("button", name="Copiado")).to_be_visible()
    assert page.evaluate(copied) == "print('oi')"
    page.get_by_role("button", name="Copiar resposta").click()
    expect(page.locator(".message-answered use[href='#icon-done']")).to_be_attached()
    assert page.evaluate(copied).startswith("Uma **lista**")  # as it was written, not as it looks
    page.locator(".message-asked").hover()
    page.get_by_role("button", name="Copiar pergunta").click()
    expect(page.locator(".message-asked use[href='#icon-done']")).to_be_attached()
    assert page.evaluate(copied) == "Com código"
    gemini(text="Outra resposta.")
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.locator(".reply")).to_have_text("Outra resposta.")
    expect(page.locator(".question")).to_have_count(1)


def test_reply_is_stopped_that_the_server_stores_after_the_button_was_pressed(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    """Another conversation, whose reply is being generated, is newer then: that reply goes on."""
    page = new_page()
    member = sign_in(page, people)
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=5)
    with member.stream("Em outra aba", nova=True) as elsewhere:
        next(elsewhere)
        held: list[Route] = []
        page.route("**/chat/stream", lambda route: held.append(route), times=1)
        with page.expect_request("**/chat/stream"):
            say(page, "Devagar", wait=False)
        page.get_by_role("button", name="Parar").click()
        expect(page.get_by_role("button", name="Parar")).to_be_visible()
        held[0].continue_()
        expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()
        (other,) = [one for one in member.http.get("/conversations").json() if "aba" in one["titulo_conversa"]]
        assert member.http.get(f"/conversation/{other['id']}").json()[-1]["estado"] == "gerando"


def test_edit_waits_for_the_reply_that_is_generated(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Primeira")
    page.locator(".message-asked").hover()
    page.get_by_role("button", name="Editar pergunta").click()
    field = page.locator(".question textarea")
    field.fill("Primeira, de outro jeito")
    gemini(delay=0.02, pieces=60, text=WORDS)
    gemini(fault="pause", after_pieces=5)
    say(page, "Segunda", wait=False)
    expect(page.get_by_role("button", name="Parar")).to_be_visible()
    page.locator("[data-act=send-edit]").click()
    expect(page.locator(".composer-notice")).to_have_text("Ainda escrevendo a resposta.")
    expect(field).to_have_value("Primeira, de outro jeito")
    expect(page.locator(".message-asked")).to_have_count(2)
    page.get_by_role("button", name="Parar").click()
    expect(page.get_by_text("Você interrompeu esta resposta.").first).to_be_visible()


def test_event_names_of_the_server_call_nothing_but_the_listed_handlers(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(text="Uma resposta inteira.")
    names = ("stop", "fail", "show", "receive", "whole", "follow", "find", "constructor", "__proto__", "toString")
    strange = "".join(f'event: {name}\ndata: {{"text": "x", "code": "x"}}\n\n' for name in names)

    def add_strange_events(route: Route) -> None:
        answer = route.fetch()
        start, rest = answer.text().split("\n\n", 1)
        route.fulfill(response=answer, body=f"{start}\n\n{strange}{rest}")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    page.route("**/chat/stream", add_strange_events, times=1)
    say(page, "Oi")
    expect(page.locator(".reply")).to_have_text("Uma resposta inteira.")
    assert asked.count("stream") == 1
    assert "stop" not in asked
    assert [path for path in asked if "after=" in path] == []


def test_nothing_jumps_while_a_reply_grows_or_when_it_ends(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    """Layout shifts are counted by the browser itself; who reads further up is left there."""
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")  # the first message moves the field from the middle to the end of the page
    gemini(delay=0.02, pieces=40, text="\n\n".join(f"Parágrafo {n}. {WORDS[:400]}" for n in range(12)))
    page.evaluate(
        """() => { window.shifts = 0; new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifts += entry.value; }).observe({type: "layout-shift"}); }"""
    )
    say(page, "Conte muito", wait=False)
    expect(page.locator(".reply").last).to_contain_text("Parágrafo 5")
    page.locator(".messages").evaluate("(it) => { it.scrollTop = 100; }")
    expect(page.locator(".message-answered").last).to_have_attribute("data-state", "completa")
    assert page.locator(".messages").evaluate("(it) => it.scrollTop") == 100
    assert page.evaluate("window.shifts") < 0.02
    screenshot(page, "chat-read-further-up")
    page.get_by_role("button", name="Ir ao fim").click()
    expect(page.get_by_role("button", name="Ir ao fim")).to_be_hidden()
    expect(page.locator(".reply p").last).to_be_in_viewport()


def test_reply_that_is_too_complex_is_shown_as_it_was_written(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    conversation = page.locator("[role=log]").get_attribute("data-conversation")
    hostile = "# Título\n\n" + "[](a)" * 20_000
    product.run(
        "UPDATE mensagens SET conteudo = %s WHERE id_conversa = %s AND remetente = 'ia'", hostile, conversation
    )
    page.reload()
    expect(page.get_by_text("Mostrada sem formatação: esta resposta é complexa demais.")).to_be_visible()
    expect(page.locator(".reply .reply-unformatted")).to_contain_text("# Título")
    page.locator(".messages").evaluate("(scroller) => (scroller.scrollTop = 0)")
    screenshot(page, "chat-too-complex")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
