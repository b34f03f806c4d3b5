"""The search in the page finds words in attached files, and a click opens the message that has the file."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.attached_files import AttachedFiles
from tests.support.browser import say, screenshot, sign_in
from tests.support.people import People
from tests.support.rows import Rows


def test_hit_in_a_digest_names_the_file_and_opens_its_message(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Guarde este documento")
    message = product.list("SELECT MAX(id) AS id FROM mensagens WHERE remetente = 'usuario'")[0]["id"]
    owner = product.value(
        "SELECT c.id_usuario FROM conversas c JOIN mensagens m ON m.id_conversa = c.id WHERE m.id = %s", message
    )
    attached = AttachedFiles(product)
    digest = "Um contrato de aluguel com fiança de três meses."
    attached.attach(attached.file(owner, resumo=digest, resumo_estado="pronto"), message, "contrato.pdf")
    page.get_by_role("searchbox").fill("fianca de tres")
    excerpt = page.locator(".conversation-excerpt")
    expect(excerpt).to_have_text("contrato.pdf · Um contrato de aluguel com fiança de três meses.")
    screenshot(page, "found-file")
    excerpt.click()
    expect(page.locator(".message-found")).to_contain_text("Guarde este documento")
