"""A long conversation opens at its end, and older messages come in above without moving what is read."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from falaai.repositories.facts import MOST_FACTS
from tests.support.browser import screenshot, take_session
from tests.support.people import People, Person
from tests.support.rows import Rows

MESSAGES = 5000
# Of a conversation that is scrolled up to its first message: twelve pages.
SCROLLED = 600
PAGE_BYTES = 150_000


def _long_conversation(product: Rows, member: Person, messages: int = MESSAGES) -> int:
    """Add a conversation of numbered messages of everyday length, at most 5,000. Returns its id."""
    product.run(
        "INSERT INTO conversas (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao,"
        " ultima_seq)"
        " SELECT id, 'Longa história', TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s FROM usuarios WHERE email = %s",
        messages,
        member.email,
    )
    product.run(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, estado)"
        " WITH RECURSIVE thousand AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM thousand WHERE n < 1000),"
        " five AS (SELECT n FROM thousand WHERE n <= 5),"
        " numbers AS (SELECT thousand.n + 1000 * (five.n - 1) AS n FROM thousand JOIN five)"
        " SELECT (SELECT MAX(id) FROM conversas), n, IF(n %% 2, 'usuario', 'ia'),"
        " CONCAT('Mensagem ', n, '. ', REPEAT('Um texto comum de conversa, nem curto nem longo. ', 12)),"
        " UTC_TIMESTAMP(6), 'completa' FROM numbers WHERE n <= %s",
        messages,
    )
    return int(product.list("SELECT MAX(id) AS id FROM conversas")[0]["id"])


def test_opens_with_one_page(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    member = people.member()
    conversation = _long_conversation(product, member)
    html = member.http.get(f"/chat/{conversation}", headers={"accept": "text/html"})
    assert len(html.content) <= PAGE_BYTES
    page = new_page()
    take_session(page, member)
    page.goto(f"/chat/{conversation}")
    expect(page.get_by_text("Mensagem 5000.")).to_be_in_viewport()
    assert page.locator(".message").count() <= 100


def test_scrolls_up_to_the_first_message(new_page: Callable[..., Page], people: People, product: Rows) -> None:
    member = people.member()
    conversation = _long_conversation(product, member, SCROLLED)
    page = new_page()
    take_session(page, member)
    page.goto(f"/chat/{conversation}")
    expect(page.get_by_text(f"Mensagem {SCROLLED}.")).to_be_in_viewport()

    # What is being read stays where it is while older messages come in above it.
    scroller = page.locator(".messages")
    count = page.locator(".message").count()
    marked = scroller.evaluate(
        """(it) => { it.scrollTop = 700; const read = document.querySelectorAll(".message")[3];
        read.id = "read"; return read.getBoundingClientRect().y; }"""
    )
    expect(page.locator(".message")).not_to_have_count(count)
    assert abs(page.locator("#read").evaluate("(it) => it.getBoundingClientRect().y") - marked) <= 1
    screenshot(page, "long-history")

    while page.locator(".skeleton").count():
        seen = page.locator(".message").count()
        scroller.evaluate("(it) => { it.scrollTop = 0; }")
        expect(page.locator(".message")).not_to_have_count(seen)
    expect(page.locator(".message")).to_have_count(SCROLLED)
    expect(page.locator(".message").first).to_contain_text("Mensagem 1.")


def test_page_with_all_facts_of_a_user_is_no_larger(product: Rows, member: Person) -> None:
    """As many facts as a user may have, each as long as it may be, from the newest questions."""
    conversation = _long_conversation(product, member, SCROLLED)
    product.run(
        "INSERT INTO fatos (id_usuario, texto, id_mensagem, criado_em)"
        " SELECT c.id_usuario, CONCAT(n.seq, REPEAT('é', 190)), m.id, UTC_TIMESTAMP(6) FROM conversas c"
        " JOIN mensagens m ON m.id_conversa = c.id AND m.remetente = 'usuario' AND m.seq > %s"
        " JOIN mensagens n ON n.id_conversa = c.id AND n.seq <= 8 WHERE c.id = %s",
        *(SCROLLED - 50, conversation),
    )
    assert product.value("SELECT COUNT(*) FROM fatos f JOIN mensagens m ON m.id = f.id_mensagem") >= MOST_FACTS
    answer: httpx.Response = member.http.get(f"/chat/{conversation}", headers={"accept": "text/html"})
    assert len(answer.content) <= PAGE_BYTES
    shown = answer.text.count("data-fact=")
    assert shown
    assert shown % 8 == 0  # none of a shown reply is missing


def test_longer_messages_are_fewer_to_a_page(product: Rows, member: Person) -> None:
    conversation = _long_conversation(product, member)
    product.run("UPDATE mensagens SET conteudo = REPEAT('abcde ', 1300) WHERE id_conversa = %s", conversation)
    answer: httpx.Response = member.http.get(f"/chat/{conversation}", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert len(answer.content) <= PAGE_BYTES
