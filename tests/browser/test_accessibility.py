"""axe-core finds nothing on any page in either look, and everything can be done by keyboard alone."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attachments import LOCKED, MICROPHONE, PDF, PENDING, PHOTO, SOUND, button, choose, open_sent
from tests.browser.web_search import QUESTION, TEXT, USED_UP, grounding, many, switch
from tests.support.browser import DESKTOP, PHONE, say, screenshot, sign_in, take_session
from tests.support.people import PASSWORD, People, newest_link
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()


def findings(page: Page) -> list[Any]:
    """Return the findings of axe-core, of any impact, with their elements."""
    page.evaluate(AXE)
    found = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_accounts(new_page: Callable[..., Page], people: People, cloud: RunningCloud, scheme: str) -> None:
    page = new_page(DESKTOP, scheme)
    person = people.stranger()
    person.register()
    link = person.link()
    found = {}
    for path in (
        *("/", "/login", "/cadastro", "/sucesso", "/verificacao", "/verificado", "/termos", "/esqueci-senha"),
        *("/privacidade", "/esqueci-senha/enviado", "/verify_link/nada", link, "/chat/nada"),
    ):
        page.goto(path)
        found[path] = findings(page)
    page.goto("/cadastro")
    page.get_by_label("Senha", exact=True).fill("12345678")
    page.get_by_role("button", name="Criar conta").click()
    expect(page.locator("#nome-problem")).to_be_visible()
    found["a refused form"] = findings(page)
    screenshot(page, f"sign-up-problem-{scheme}")
    member = people.member()
    member.http.post("/password/forgot", json={"email": member.email})
    page.goto(newest_link(cloud, member.email, "Crie outra senha no FalaAí", "/redefinir-senha/"))
    found["reset"] = findings(page)
    take_session(page, member)
    page.goto("/profile")
    found["profile"] = findings(page)
    page.get_by_label("Instruções para o FalaAí").fill("Seja breve.")
    page.goto("/memoria")
    page.get_by_label("Lembrar também").fill("Moro em Natal")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Guardei: Moro em Natal").wait_for()
    found["memory"] = findings(page)
    member.http.post("/prompts", json={"titulo": "Receita", "texto": "Receita de ___"})
    page.goto("/mensagens-prontas")
    page.locator("summary").click()
    found["saved prompts"] = findings(page)
    page.goto("/chat/2147483647")
    found["gone"] = findings(page)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "dark")],
    ids=["desktop-light", "desktop-dark", "phone-dark"],
)
def test_chat_in_every_state(
    new_page: Callable[..., Page],
    people: People,
    product: Rows,
    gemini: Callable[..., None],
    scheme: str,
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport, scheme)
    member = sign_in(page, people)
    found = {"empty": findings(page)}
    screenshot(page, f"chat-empty-{scheme}-{viewport['width']}")
    say(page, "Mostre uma tabela, uma lista e um código em Python")
    found["answered"] = findings(page)
    screenshot(page, f"chat-{scheme}-{viewport['width']}")
    page.get_by_role("button", name="Responder de novo").click()
    expect(page.locator("[data-part=versions]:visible")).to_have_count(1)
    found["versions"] = findings(page)
    gemini(fault="cut")
    say(page, "E uma falha", wait=False)
    expect(page.get_by_role("button", name="Tentar de novo")).to_be_visible()
    found["failed"] = findings(page)
    page.get_by_role("button", name="Opções da conversa", exact=True).click()
    found["menu"] = findings(page)
    page.get_by_role("menuitem", name="Apagar conversa").click()
    found["dialog"] = findings(page)
    page.get_by_role("button", name="Cancelar").click()
    if viewport is PHONE:
        page.get_by_role("button", name="Abrir conversas").click()
    page.get_by_role("button", name="Sua conta").click()
    found["account"] = findings(page)
    page.get_by_role("button", name="Atalhos de teclado").click()
    found["keys"] = findings(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    found["palette"] = findings(page)
    page.get_by_role("combobox").fill("xilofone")
    expect(page.get_by_text("Nada encontrado")).to_be_visible()
    found["palette without a result"] = findings(page)
    conversation = page.url.rpartition("/")[2]
    member.http.delete(f"/conversation/{conversation}").raise_for_status()
    # The deletion gets a later time, so that the notice is still there for the last line.
    product.run("UPDATE conversas SET apagada_em = apagada_em + INTERVAL 1 HOUR WHERE id = %s", conversation)
    page.goto("/chat")
    expect(page.get_by_role("button", name="Desfazer")).to_be_visible()
    found["deleted"] = findings(page)
    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone-dark"])
def test_files_in_every_state(
    new_page: Callable[..., Page], people: People, viewport: dict[str, int], scheme: str
) -> None:
    page = new_page(viewport, scheme)
    page.add_init_script(MICROPHONE)
    traffic = open_sent(page, people, PHOTO, PDF, SOUND)
    found = {"sent": findings(page)}
    button(page, "Anexar arquivo").click()
    found["menu"] = findings(page)
    button(page, "Gravar áudio").click()
    expect(page.get_by_role("group", name="Gravando")).to_be_visible()
    found["recording"] = findings(page)
    button(page, "Descartar gravação").click()
    choose(page, PHOTO, LOCKED)
    expect(page.locator(".draft-file[data-state=pronto]")).to_have_count(1)
    expect(page.locator(".draft-file[data-state=recusado]")).to_have_count(1)
    found["ready and refused"] = findings(page)
    traffic.is_down = True
    choose(page, {**PDF, "name": "c.pdf"})
    expect(button(page, "Enviar c.pdf de novo")).to_be_visible()
    found["failed"] = findings(page)
    traffic.digest = PENDING
    button(page, "Abrir áudio.wav").click()
    expect(page.get_by_text("A transcrição está sendo feita")).to_be_visible()
    found["viewer, pending"] = findings(page)
    traffic.digest = {}
    expect(page.get_by_text("Transcrição de demonstração")).to_be_visible()
    found["viewer, ready"] = findings(page)
    page.get_by_role("dialog").get_by_role("button", name="Apagar arquivo").click()
    found["viewer, deletion"] = findings(page)
    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone-dark"])
def test_search_in_every_state(
    new_page: Callable[..., Page],
    people: People,
    product: Rows,
    gemini: Callable[..., None],
    viewport: dict[str, int],
    scheme: str,
) -> None:
    page = new_page(viewport, scheme)
    member = sign_in(page, people)
    switch(page).click()
    found = {"pressed": findings(page)}
    say(page, QUESTION)
    found["sources"] = findings(page)
    gemini(text=TEXT, grounding=grounding(many(8)))
    say(page, QUESTION)
    found["collapsed sources"] = findings(page)
    gemini(fault="503", searching=True)
    say(page, QUESTION)
    found["no search"] = findings(page)
    product.run(USED_UP, member.email)
    say(page, QUESTION, wait=False)
    expect(page.get_by_role("button", name="Enviar sem buscar")).to_be_visible()
    found["used up"] = findings(page)
    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone-dark"])
def test_pages_of_operators(
    new_page: Callable[..., Page], people: People, product: Rows, viewport: dict[str, int], scheme: str
) -> None:
    page, person = new_page(viewport, scheme), people.member()
    product.run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", person.email)
    take_session(page, person)
    person.say("Oi")
    found = {}
    for path in ("/uso", "/admin", "/admin/people", "/admin/invitations", "/admin/audit"):
        page.goto(path)
        found[path] = findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.goto("/admin/people")
    page.get_by_label("Começo do e-mail").fill(person.email)
    page.get_by_role("button", name="Procurar").click()
    page.get_by_role("link", name=person.email).click()
    page.get_by_label("Sua senha").fill(PASSWORD)
    page.get_by_role("button", name="Confirmar senha").click()
    expect(page.get_by_role("button", name="Guardar limite")).to_be_visible()
    found["an account"] = findings(page)
    screenshot(page, f"operator-account-{scheme}")
    page.goto("/admin/invitations")
    found["a new invitation"] = findings(page)
    screenshot(page, f"operator-invitation-{scheme}")
    page.goto("/admin")
    screenshot(page, f"operator-{scheme}")
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_conversation_by_keyboard_alone(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    expect(page.get_by_label("Sua mensagem")).to_be_focused()  # `load` may come before the browser's autofocus
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("Só com o teclado")
    page.keyboard.press("Enter")
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    assert page.locator("[role=log]").get_attribute("aria-live") == "off"
    expect(page.get_by_role("status").filter(has_text="Resposta pronta.")).to_be_attached()
    names = []
    page.locator(".skip").focus()
    page.keyboard.press("Shift+Tab")  # out of the page, to come in from its beginning
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => { const it = document.activeElement; return it === document.body ? null : {
            name: it.getAttribute('aria-label') || it.textContent.trim() || it.labels?.[0].textContent || it.id,
            ring: getComputedStyle(it).outlineStyle !== 'none' || it.closest('.composer, .search') !== null}; }"""
        )
        if focused is None:
            continue
        assert focused["ring"], focused["name"]
        names.append(focused["name"])
    wanted = ["Pular para a mensagem", "FalaAí", "Nova conversa", "Buscar conversas"]
    wanted += ["Comandos e conversas", "Sua conta: Ana Souza"]
    wanted += ["Fixar conversa", "Opções da conversa", "Mensagens", "Copiar pergunta", "Editar pergunta"]
    wanted += ["Copiar resposta", "Responder de novo", "Sua mensagem", "Enviar"]
    assert list(dict.fromkeys(name for name in names if name in wanted)) == wanted
    page.get_by_role("button", name="Opções da conversa", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Renomear")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".conversation-group h2")).to_have_text(["Fixadas"])
    expect(page.get_by_role("button", name="Opções da conversa", exact=True)).to_be_focused()
