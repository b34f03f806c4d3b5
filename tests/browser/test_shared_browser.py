"""Two people, one after the other, in one browser: nothing that one of them wrote reaches the other."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import sign_in, take_session
from tests.support.people import PASSWORD, People, Person, second_device
from tests.support.rows import Rows

SECRET = "um segredo entre amigas"
OFFLINE = "Sem conexão. Sua mensagem será enviada quando ela voltar."


def next_person(page: Page, people: People) -> Person:
    """Another member signs in, in the same browser, and opens the chat."""
    person = people.member()
    take_session(page, person)
    page.goto("/chat")
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    return person


def questions(product: Rows, person: Person) -> list[str]:
    rows = product.list(
        "SELECT m.conteudo FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " JOIN usuarios u ON u.id = c.id_usuario WHERE u.email = %s AND m.remetente = 'usuario' ORDER BY m.id",
        person.email,
    )
    return [row["conteudo"] for row in rows]


def write_offline(page: Page) -> None:
    page.route("**/chat/stream", lambda route: route.abort())
    page.get_by_label("Sua mensagem").fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_text(OFFLINE)).to_be_visible()


def kept(page: Page) -> str:
    return str(page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})"))


def test_draft_goes_with_its_account(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_label("Sua mensagem").fill(SECRET)
    page.goto("/profile")
    assert SECRET in kept(page)
    page.get_by_label("Senha atual").last.fill(PASSWORD)
    page.get_by_role("button", name="Apagar minha conta").click()
    expect(page.get_by_role("link", name="Criar conta")).to_be_visible()
    assert SECRET not in kept(page)
    next_person(page, people)
    expect(page.get_by_label("Sua mensagem")).to_have_value("")


def test_draft_of_a_session_ended_elsewhere_is_its_owners_alone(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    owner = sign_in(page, people)
    page.get_by_label("Sua mensagem").fill(SECRET)
    owner.http.post("/logout").raise_for_status()
    page.goto("/login")
    assert owner.login().status_code == 200
    take_session(page, owner)
    page.goto("/chat")
    expect(page.get_by_label("Sua mensagem")).to_have_value(SECRET)
    second_device(people, owner).http.post("/sessions/revoke_others").raise_for_status()
    next_person(page, people)
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    assert SECRET not in kept(page)


def test_message_written_offline_is_sent_for_its_owner_alone(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    owner = sign_in(page, people)
    write_offline(page)
    owner.http.post("/logout").raise_for_status()
    # The owner's own tab stays open and goes on trying; another one is the next person's.
    other = page.context.new_page()
    intruder = next_person(other, people)
    with page.expect_request("**/chat/stream"):  # one more try, which aborts
        pass
    assert SECRET not in kept(other)
    expect(other.locator(".question")).to_have_count(0)
    page.unroute("**/chat/stream")
    expect(page.get_by_text("Sua sessão terminou.")).to_be_visible()
    expect(page.get_by_label("Sua mensagem")).to_have_value(SECRET)
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_count(0)
    other.reload()
    expect(other.get_by_label("Sua mensagem")).to_have_value("")
    assert questions(product, intruder) == []


def test_message_written_offline_survives_the_end_of_its_session(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    owner = sign_in(page, people)
    write_offline(page)
    owner.http.post("/logout").raise_for_status()
    page.goto("/login")
    page.unroute("**/chat/stream")
    assert owner.login().status_code == 200
    take_session(page, owner)
    page.goto("/chat")
    expect(page.locator(".reply")).to_contain_text("demonstração")
    assert questions(product, owner) == [SECRET]


def test_unsent_words_without_an_owner_are_removed_not_sent(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people, "/profile")
    own_id = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    page.evaluate(
        """([id, text]) => { for (const place of ["nova", id]) {
        localStorage.setItem(`rascunho:${place}`, text);
        localStorage.setItem(`pendente:${place}`, JSON.stringify({ text, clientId: "antigo" }));
        } }""",
        [own_id, SECRET],
    )
    page.goto("/chat")
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage)") == []
    expect(page.locator(".question")).to_have_count(0)
    assert questions(product, member) == []


def test_browser_forgets_at_the_answers_own_word(new_page: Callable[..., Page], people: People) -> None:
    """Also where no script of ours waits for the answer."""
    page = new_page()
    for method, path, body in (("POST", "/logout", "{}"), ("DELETE", "/profile", f'{{"senha_atual": "{PASSWORD}"}}')):
        sign_in(page, people, "/profile")
        page.evaluate("(text) => { localStorage.a = text; sessionStorage.a = text; }", SECRET)
        status = page.evaluate(
            """([method, path, body]) => fetch(path, { method, body,
            headers: { "content-type": "application/json" } }).then((answer) => answer.status)""",
            [method, path, body],
        )
        assert (status, kept(page)) == (200, "{}")
