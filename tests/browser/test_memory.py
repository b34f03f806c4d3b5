"""The memory in the browser: the notice under a reply, and the page that shows everything that is remembered."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.waiting import wait_until

SLOW_PRESS = 1000  # milliseconds from press to release, longer than a save takes
CHECK = "document.dispatchEvent(new Event('visibilitychange'))"


def facts(member: Person) -> list[Any]:
    return [fact["texto"] for fact in member.http.get("/memory").json()["fatos"]]


def test_what_was_remembered_stands_under_the_reply_and_can_be_undone(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page(PHONE)
    member = sign_in(page, people)
    say(page, "Lembre que eu torço pelo Náutico.")
    notice = page.locator(".message-answered .remembered")
    expect(notice).to_contain_text("Guardei: Eu torço pelo Náutico · desfazer")
    expect(page.locator("[data-part=status]")).to_have_text("Guardei: Eu torço pelo Náutico")
    screenshot(page, "remembered")
    page.get_by_role("button", name="Apagar “Eu torço pelo Náutico”").click()
    expect(notice).to_have_count(0)
    expect(page.locator("[data-part=status]")).to_have_text("Esquecido.")
    assert facts(member) == []


def test_fact_that_comes_with_the_title_is_shown_under_its_reply(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Eu moro em Natal. Como faço pão de queijo?")
    wait_until(lambda: facts(member) == ["Mora em Natal"], "the fact")
    page.evaluate(CHECK)
    expect(page.locator(".remembered")).to_contain_text("Guardei: Mora em Natal · desfazer")
    say(page, "E agora?")
    page.evaluate(CHECK)
    expect(page.locator(".remembered")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-kind=reply]").first.locator(".remembered")).to_contain_text("Guardei: Mora em Natal")
    page.evaluate(CHECK)
    expect(page.locator(".remembered")).to_have_count(1)


def test_notice_stays_under_its_reply_until_it_is_undone(new_page: Callable[..., Page], people: People) -> None:
    """After a reload, when the conversation is opened in the page, on another device, and without JavaScript."""
    page, phone = new_page(), new_page(PHONE, java_script_enabled=False)
    member = sign_in(page, people)
    said = member.say("Lembre que eu gosto de R&B.")
    member.say("E agora?", conversation_id=said["conversation_id"])
    member.say("Outro assunto", nova=True)
    notice = page.locator("[data-kind=reply]").first.locator(".remembered")
    words = "Guardei: Eu gosto de R&B"
    page.goto(f"/chat/{said['conversation_id']}")
    expect(notice).to_contain_text(f"{words} · desfazer")
    expect(page.locator(".remembered")).to_have_count(1)
    screenshot(page, "remembered-reloaded")
    page.get_by_role("link", name="Outro assunto").click()
    expect(page.locator(".remembered")).to_have_count(0)
    page.go_back()
    expect(notice).to_contain_text(f"{words} · desfazer")
    phone.context.add_cookies(page.context.cookies())
    phone.goto(f"/chat/{said['conversation_id']}")
    expect(phone.locator(".remembered")).to_contain_text(words)
    expect(phone.locator(".remembered button")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Apagar “Eu gosto de R&B”").click()
    expect(notice).to_have_count(0)
    expect(page.locator("[data-kind=reply]").first.locator("[data-act=copy]")).to_be_focused()
    assert facts(member) == []
    page.reload()
    expect(page.locator("[data-kind=reply]").first).to_be_visible()
    expect(page.locator(".remembered")).to_have_count(0)


def test_fact_that_is_stored_after_a_reload_is_shown_too(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    """The worker of the title or of the summary has stored it when the page was already loaded again."""
    page = new_page()
    member = sign_in(page, people)
    said = member.say("Bom dia")
    page.goto(f"/chat/{said['conversation_id']}")
    product.run(
        "INSERT INTO fatos (id_usuario, texto, id_mensagem, criado_em)"
        " SELECT c.id_usuario, 'Mora em Natal', %s, UTC_TIMESTAMP(6) FROM conversas c WHERE c.id = %s",
        *(said["question_id"], said["conversation_id"]),
    )
    product.run("UPDATE conversas SET fatos_guardados = 1 WHERE id = %s", said["conversation_id"])
    page.evaluate(CHECK)
    expect(page.locator(".remembered")).to_contain_text("Guardei: Mora em Natal · desfazer")


def test_everything_remembered_can_be_read_changed_paused_and_forgotten(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Lembre que eu moro em Natal.")
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("link", name="Memória").click()
    page.wait_for_url("**/memoria")
    expect(page.locator(".memory-facts li")).to_have_count(1)
    page.get_by_label("Lembrar também").fill("Gosto de café")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardei: Gosto de café")).to_be_visible()
    screenshot(page, "memory")
    page.get_by_role("button", name="Editar “Gosto de café”").click()
    page.get_by_label("Editar “Gosto de café”").fill("Gosto de chá")
    expect(page.get_by_role("button", name="Salvar “Gosto de café”")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".memory-facts li").first).to_contain_text("Gosto de chá")
    expect(page.get_by_role("button", name="Apagar “Gosto de chá”")).to_be_visible()
    first = page.locator(".memory-facts li").first
    first.get_by_role("button", name="Editar").click()
    first.get_by_role("textbox").fill("Gosto de mate")
    first.get_by_role("button", name="Salvar").click(delay=SLOW_PRESS)
    expect(first.get_by_role("button", name="Editar")).to_be_focused()
    wait_until(lambda: facts(member)[0] == "Gosto de mate", "the fact that a click has saved")
    first.get_by_role("button", name="Editar").click()
    page.keyboard.press("Enter")
    expect(first.get_by_role("textbox")).to_have_count(0)
    expect(first.get_by_role("button", name="Editar")).to_be_focused()
    first.get_by_role("button", name="Editar").click()
    first.get_by_role("textbox").fill("Gosto de chá")
    page.keyboard.press("Enter")
    wait_until(lambda: facts(member) == ["Gosto de chá", "Eu moro em Natal"], "the changed fact")
    page.locator(".memory-facts li").first.get_by_role("button", name="Apagar").click()
    expect(page.get_by_text("Esquecido.")).to_be_visible()
    expect(page.locator(".memory-facts li")).to_have_count(1)
    page.get_by_role("button", name="Pausar a memória").click()
    expect(page.get_by_text("Memória em pausa.")).to_be_visible()
    page.get_by_role("button", name="Ligar a memória").click()
    expect(page.get_by_text("A memória voltou.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Esquecer tudo").click()
    expect(page.get_by_text("Tudo esquecido.")).to_be_visible()
    assert facts(member) == []


def test_change_that_cannot_be_saved_stays_in_the_field(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    member.say("Lembre que eu moro em Natal.")
    page.goto("/memoria")
    page.get_by_role("button", name="Editar “Eu moro em Natal”").click()
    field = page.get_by_label("Editar “Eu moro em Natal”", exact=True)
    field.fill("Eu moro em Olinda")
    page.route("**/memory/*", lambda route: route.abort())
    page.get_by_role("button", name="Salvar").click()
    expect(page.locator("[data-part=page-notice]")).to_be_visible()
    expect(field).to_have_value("Eu moro em Olinda")
    expect(field).to_be_focused()
    page.unroute("**/memory/*")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("button", name="Editar “Eu moro em Olinda”")).to_be_focused()
    expect(page.locator("[data-part=page-notice]")).to_be_hidden()
    assert facts(member) == ["Eu moro em Olinda"]


def test_fact_leads_to_its_message(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    said = member.say("Lembre que eu moro em Natal.")
    page.goto("/memoria")
    page.get_by_role("link", name="ver a mensagem").click()
    page.wait_for_url(f"**/chat/{said['conversation_id']}*")
    expect(page.locator(".message-asked")).to_contain_text("Lembre que eu moro em Natal.")


def test_memory_can_be_read_without_javascript(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(java_script_enabled=False)
    member = sign_in(page, people)
    member.say("Lembre que eu moro em Natal.")
    page.goto("/memoria")
    expect(page.get_by_text("Eu moro em Natal", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Apagar")).to_have_count(0)
    expect(page.locator("noscript p")).to_be_visible()
