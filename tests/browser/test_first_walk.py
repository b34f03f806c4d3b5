"""A person's first minutes, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, screenshot, sign_in
from tests.conftest import RunningCloud
from tests.system.conftest import PASSWORD, People, Person


def test_from_landing_to_a_titled_conversation(new_page: Callable[..., Page], person: Person) -> None:
    page = new_page()
    page.goto("/")
    screenshot(page, "landing")
    page.get_by_role("link", name="Criar conta").click()
    page.get_by_label("Seu nome").fill("Ana Souza")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha").fill("12345678")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Criar conta").click()
    expect(page.get_by_text("Essa senha está entre as mais usadas.")).to_be_visible()
    screenshot(page, "sign-up-problem")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Criar conta").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()

    page.goto("/login")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("link", name="Receber outro link de confirmação")).to_be_visible()

    page.goto(person.link())
    page.get_by_role("button", name="Confirmar meu e-mail").click()
    page.get_by_role("link", name="Entrar").click()
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()

    expect(page.get_by_role("heading", name="Oi, Ana. Sobre o que vamos conversar?")).to_be_visible()
    screenshot(page, "chat-empty")
    page.get_by_label("Sua mensagem").fill("Como faço pão de queijo?")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("resposta de demonstração")
    expect(page.locator("#title")).not_to_have_text("Nova conversa")
    expect(page.locator("#title")).not_to_have_text("Nova Conversa")
    expect(page.locator(".conversations [aria-current=page]")).to_have_text(page.locator("#title").inner_text())
    page.get_by_label("Sua mensagem").fill("Mostre um código em Python e uma lista")
    page.keyboard.press("Enter")
    expect(page.locator(".reply").nth(1).locator(".code-language")).to_have_text("python")
    expect(page.locator(".question")).to_have_count(2)
    screenshot(page, "chat")

    page.reload()
    expect(page.locator(".question").first).to_have_text("Como faço pão de queijo?")
    expect(page.locator(".reply")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_has_the_conversation_first_and_the_list_in_a_drawer(
    new_page: Callable[..., Page], people: People, scheme: str
) -> None:
    page = new_page(PHONE, scheme)
    sign_in(page, people)
    page.get_by_label("Sua mensagem").fill("Mostre uma tabela e um código em Python")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("demonstração")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    screenshot(page, f"chat-phone-{scheme}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
    page.get_by_role("button", name="Abrir conversas").click()
    expect(page.get_by_role("button", name="Nova conversa")).to_be_visible()
    screenshot(page, f"drawer-phone-{scheme}")
    page.get_by_role("button", name="Nova conversa").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()


def test_failed_reply_says_so_and_can_be_tried_again(
    new_page: Callable[..., Page], people: People, cloud: RunningCloud
) -> None:
    page = new_page(DESKTOP, "dark")
    sign_in(page, people)
    admin = f"{cloud.addresses['gemini']}/admin/faults"
    httpx.put(admin, json={"fault": "cut"}).raise_for_status()
    try:
        page.get_by_label("Sua mensagem").fill("Vai falhar?")
        page.keyboard.press("Enter")
        expect(
            page.get_by_text("A resposta do Gemini foi cortada no meio. Sua pergunta está guardada.")
        ).to_be_visible()
    finally:
        httpx.put(admin, json={"fault": None}).raise_for_status()
    screenshot(page, "chat-failed-dark")
    page.get_by_role("button", name="Tentar de novo").click()
    expect(page.locator(".reply")).to_contain_text("demonstração")
    expect(page.locator(".question")).to_have_count(1)


def test_reply_grows_on_the_page_and_can_be_stopped(
    new_page: Callable[..., Page], people: People, cloud: RunningCloud
) -> None:
    page = new_page()
    sign_in(page, people)
    pace = f"{cloud.addresses['gemini']}/admin/pace"
    text = "Primeiro parágrafo.\n\n- um\n- dois\n\n" + " ".join(f"palavra{number}" for number in range(200))
    httpx.put(pace, json={"delay": 0.06, "pieces": 60, "text": text}).raise_for_status()
    try:
        page.get_by_label("Sua mensagem").fill("Conte devagar")
        page.keyboard.press("Enter")
        expect(page.locator(".reply li")).to_have_count(2)
        expect(page.locator(".reply .tail")).to_contain_text("palavra5")
        screenshot(page, "chat-growing")
        page.get_by_role("button", name="Parar").click()
        expect(page.get_by_text("Você interrompeu esta resposta.")).to_be_visible()
        expect(page.get_by_role("button", name="Enviar")).to_be_visible()
        kept = page.locator(".reply").inner_text()
        assert "palavra5" in kept
        assert "palavra199" not in kept

        page.get_by_role("button", name="Responder de novo").click()
        expect(page.locator(".reply .tail")).to_contain_text("palavra5")
        page.reload()  # the reply goes on without its reader, and is picked up
        expect(page.locator(".reply")).to_contain_text("palavra199")
        expect(page.locator(".reply li")).to_have_count(2)
        expect(page.locator(".question")).to_have_count(1)
    finally:
        httpx.put(pace, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()


def test_page_does_without_the_stream_where_it_is_switched_off(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.route("**/chat/stream", lambda route: route.fulfill(status=404, json={"detail": "", "code": "not_found"}))
    page.get_by_label("Sua mensagem").fill("Sem fluxo")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("demonstração")
    expect(page.locator(".question")).to_have_count(1)


def test_profile_is_changed_seen_and_deleted(new_page: Callable[..., Page], people: People, tmp_path: Path) -> None:
    page = new_page()
    sign_in(page, people)
    page.goto("/profile")
    page.get_by_label("Nome", exact=True).fill("Ana Clara")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Perfil atualizado.")).to_be_visible()
    expect(page.get_by_label("Nome", exact=True)).to_have_value("Ana Clara")
    picture = tmp_path / "foto.png"
    Image.new("RGB", (40, 40), "teal").save(picture)
    page.get_by_label("Foto").set_input_files(picture)
    expect(page.get_by_role("img", name="Sua foto")).to_be_visible()
    page.wait_for_function("document.getElementById('picture').naturalWidth === 256")
    page.get_by_label("Nova senha").fill("outra senha comprida")
    page.get_by_role("button", name="Trocar").click()
    expect(page.get_by_text("A senha atual não confere.")).to_be_visible()
    screenshot(page, "profile")
    page.get_by_label("Senha atual").last.fill(PASSWORD)
    page.get_by_role("button", name="Apagar minha conta").click()
    page.wait_for_url(lambda url: url.rstrip("/").count("/") == 2)
    expect(page.get_by_role("link", name="Criar conta")).to_be_visible()


def test_signing_out_leaves_nothing_behind(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/login")
    page.goto("/chat")
    page.wait_for_url("**/login")
