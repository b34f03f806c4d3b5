"""Nothing fails in silence, focus is never lost, and the pages can be used on small and unusual screens."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows

OFFLINE = "Sem conexão. Confira a internet e tente de novo."


def add_conversations(product: Rows, email: str, *titles: str) -> None:
    for title in titles:
        product.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, data_criacao, data_atualizacao)"
            " SELECT id, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM usuarios WHERE email = %s",
            title,
            email,
        )


def choose(page: Page, title: str, item: str) -> None:
    page.get_by_role("link", name=title).hover()
    page.get_by_role("button", name=f"Opções de {title}").click()
    page.get_by_role("menuitem", name=item).click()


def test_actions_without_connection_say_why_they_failed(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Antes")
    notice = page.locator(".composer-notice")
    page.context.set_offline(True)
    page.get_by_role("searchbox").fill("antes")
    expect(notice).to_have_text(OFFLINE)
    expect(page.locator(".conversation-list-loading")).to_have_count(0)
    screenshot(page, "search-offline")
    page.get_by_role("button", name="Fixar conversa").click()
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Nova conversa", exact=True).click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    expect(page).to_have_title("Nova conversa · FalaAí")
    expect(page.get_by_label("Sua mensagem")).to_be_focused()
    page.context.set_offline(False)
    say(page, "Outra")
    expect(page.locator(".question")).to_have_text(["Outra"])
    page.go_back()
    expect(page.locator(".question")).to_have_text(["Antes"])


def test_copy_that_the_browser_refuses_is_told(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    page.evaluate(
        "() => { navigator.clipboard.write = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.get_by_role("button", name="Copiar resposta").click()
    expect(page.get_by_text("O navegador não deixou copiar.")).to_be_visible()


def test_focus_returns_to_the_conversation_after_each_action(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    add_conversations(product, member.email, "Primeira", "Segunda", "Terceira")
    page.reload()
    choose(page, "Segunda", "Renomear")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Opções de Segunda")).to_be_focused()
    choose(page, "Segunda", "Renomear")
    page.get_by_label("Nome da conversa").fill("Do meio")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Opções de Do meio")).to_be_focused()
    choose(page, "Do meio", "Fixar")
    expect(page.locator(".conversation-group h2").first).to_have_text("Fixadas")
    expect(page.get_by_role("button", name="Opções de Do meio")).to_be_focused()
    choose(page, "Terceira", "Apagar conversa")
    page.get_by_role("dialog").get_by_role("button", name="Apagar conversa").click()
    # test_undo.py: from there it goes on to a conversation of the list.
    expect(page.get_by_role("button", name="Desfazer")).to_be_focused()


def test_serious_acts_are_confirmed_on_the_next_page(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("button", name="Sair").click()
    expect(page.get_by_role("status").filter(has_text="Você saiu da sua conta.")).to_be_visible()
    screenshot(page, "signed-out")
    page.wait_for_url(lambda address: "aviso" not in address)  # its script has run
    page.reload()
    expect(page.get_by_text("Você saiu da sua conta.")).to_have_count(0)
    page.goto("/?aviso=apagada")
    expect(page.get_by_text("Sua conta e tudo o que era dela foram apagados.")).to_be_visible()
    screenshot(page, "account-deleted")
    page.goto("/?aviso=<b>nada</b>")
    expect(page.get_by_role("status")).to_have_count(0)


def test_suggestion_fills_the_field_and_sends_nothing(new_page: Callable[..., Page], people: People) -> None:
    page = new_page({"width": 320, "height": 480})
    sign_in(page, people)
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_in_viewport(ratio=1)
    screenshot(page, "greeting-320")
    suggestion = page.locator("[data-suggestion]").first
    text = suggestion.get_attribute("data-suggestion") or ""
    suggestion.click()
    field = page.get_by_label("Sua mensagem")
    expect(field).to_be_focused()
    page.keyboard.type("tudo")
    expect(field).to_have_value(text.replace("___", "tudo"))
    expect(page.locator(".question")).to_have_count(0)


def test_suggestion_keeps_the_words_in_the_field(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    field = page.get_by_label("Sua mensagem")
    field.fill("a minha viagem")
    first, second = page.locator("[data-suggestion]").nth(0), page.locator("[data-suggestion]").nth(1)
    first.click()
    expect(field).to_have_value((first.get_attribute("data-suggestion") or "").replace("___", "a minha viagem"))
    field.fill("")
    first.click()
    second.click()  # replaces a suggestion to which nothing was added
    expect(field).to_have_value((second.get_attribute("data-suggestion") or "").replace("___", ""))


def test_problem_of_a_field_goes_when_it_is_mended(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/cadastro")
    page.get_by_label("E-mail").fill("ana@exemplo.com.br")
    page.get_by_label("Senha", exact=True).fill("1234")
    page.get_by_role("button", name="Criar conta").click()
    expect(page.locator("#senha-problem")).to_be_visible()
    page.get_by_label("Senha", exact=True).press_sequentially("5678")
    expect(page.locator("#senha-problem")).to_be_hidden()
    expect(page.locator("#nome-problem")).to_be_visible()
    page.get_by_label("Seu nome").fill("Ana")
    expect(page.locator("#nome-problem")).to_be_hidden()
    page.goto("/login")
    expect(page.get_by_label("E-mail")).to_have_value("ana@exemplo.com.br")  # already written once


def test_search_shows_the_sentence_and_opens_there(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    first = member.say("O manjericão precisa de sol e de água", nova=True)["conversation_id"]
    product.run(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, estado, data_envio)"
        " SELECT %s, n + 2, IF(n %% 2, 'usuario', 'ia'), CONCAT('Mensagem ', n), 'completa', UTC_TIMESTAMP(6)"
        " FROM (SELECT a.x * 10 + b.x + 1 AS n FROM"
        " (SELECT 0 x UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6"
        " UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 11) a,"
        " (SELECT 0 x UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6"
        " UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) b) numbers",
        first,
    )
    product.run("UPDATE conversas SET ultima_seq = 122 WHERE id = %s", first)
    product.run("UPDATE mensagens SET conteudo = 'Nada' WHERE id_conversa = %s AND seq = 2", first)
    page.reload()
    page.get_by_role("searchbox").fill("MANJERICAO")
    excerpt = page.locator(".conversation-excerpt")
    expect(excerpt).to_have_text("O manjericão precisa de sol e de água")
    expect(excerpt.locator("mark")).to_have_text("manjericão")
    screenshot(page, "search-excerpt")
    excerpt.click()
    found = page.locator(".message-found")
    expect(found).to_contain_text("O manjericão precisa de sol")
    expect(found).to_be_in_viewport()
    expect(found).to_be_focused()
    screenshot(page, "search-opened")


def test_messages_of_another_tab_are_shown_on_return(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Daqui")
    conversation = int(page.url.rsplit("/", 1)[1])
    member.say("De outra aba", conversation_id=conversation)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba"])
    say(page, "Daqui de novo")
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba", "Daqui de novo"])


def test_messages_of_another_tab_do_not_end_an_edit(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Daqui")
    conversation = int(page.url.rsplit("/", 1)[1])
    page.locator(".message-asked").hover()
    page.get_by_role("button", name="Editar pergunta").click()
    field = page.locator(".question textarea")
    field.fill("Daqui, de outro jeito")
    member.say("De outra aba", conversation_id=conversation)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.evaluate(
        "() => { document.dispatchEvent(new Event('visibilitychange')); return fetch('/health').then(() => 0); }"
    )
    assert [url for url in requested if "after=" in url] == []
    expect(field).to_have_value("Daqui, de outro jeito")
    field.press("Escape")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".question")).to_have_text(["Daqui", "De outra aba"])


def test_new_conversation_is_listed_while_its_reply_grows(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(delay=2, pieces=8)
    say(page, "Devagar", wait=False)
    expect(page.locator(".conversation-list [aria-current=page]")).to_be_visible()
    expect(page.locator(".message-answered")).to_have_attribute("data-state", "gerando")
    page.keyboard.press("Escape")


def test_long_wait_is_explained(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.clock.install()
    page.route("**/chat/stream", lambda _route: None)  # never answered
    say(page, "Oi", wait=False)
    expect(page.locator(".thinking")).to_be_visible()
    page.clock.fast_forward(8_001)
    expect(page.locator(".reply-problem").get_by_text("Está demorando mais que o normal.")).to_be_visible()
    screenshot(page, "long-wait")


def test_copied_reply_has_formatting_for_other_programs(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, people)
    gemini(text="Uma **lista**:\n\n- um\n- dois\n")
    say(page, "Oi")
    page.get_by_role("button", name="Copiar resposta").click()
    expect(page.locator(".message-answered use[href='#icon-done']")).to_be_attached()
    copied = page.evaluate(
        "async () => { const [item] = await navigator.clipboard.read();"
        " return [await (await item.getType('text/html')).text(), await (await item.getType('text/plain')).text()]; }"
    )
    assert "<strong>lista</strong>" in copied[0]
    assert copied[1].startswith("Uma **lista**:")


def test_button_that_is_pressed_twice_says_copied_only_for_a_while(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, people)
    say(page, "Oi")
    page.clock.install()
    button = page.get_by_role("button", name="Copiar pergunta")
    icon = button.locator("use")
    page.locator(".message-asked").hover()
    button.click()
    expect(icon).to_have_attribute("href", "#icon-done")
    page.evaluate(
        "new MutationObserver(() => { document.body.dataset.announced = 'yes'; }).observe("
        "document.querySelector('[data-part=status]'), { childList: true })"
    )
    button.click()
    expect(page.locator("body")).to_have_attribute("data-announced", "yes")
    page.clock.fast_forward(1_501)
    expect(icon).to_have_attribute("href", "#icon-copy")
