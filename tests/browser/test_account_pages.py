"""Registration, sign-in and sign-out in the browser, with JavaScript and without."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, screenshot, sign_in, sign_up
from tests.support.people import PASSWORD, People, Person, newest_link
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud


def test_password_rules_are_told_while_one_is_written(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/cadastro")
    password = page.get_by_label("Senha", exact=True)
    long, rare = (
        page.get_by_text("8 caracteres ou mais", exact=True),
        page.get_by_text("difícil de adivinhar", exact=True),
    )
    password.press_sequentially("1234567")
    expect(long).to_have_attribute("data-kept", "false")
    password.press_sequentially("8")
    expect(long).to_have_attribute("data-kept", "true")
    expect(rare).to_have_attribute("data-kept", "false")
    screenshot(page, "sign-up-common-password")
    password.fill(PASSWORD)
    expect(rare).to_have_attribute("data-kept", "true")
    page.get_by_role("button", name="Mostrar").click()
    expect(password).to_have_attribute("type", "text")
    screenshot(page, "sign-up")


def test_email_can_be_requested_again_after_a_countdown(
    new_page: Callable[..., Page], person: Person, product: Rows
) -> None:
    page = new_page(PHONE)
    page.clock.install()
    page.goto("/cadastro")
    sign_up(page, person)
    page.wait_for_url("**/sucesso")
    expect(page.get_by_text(f"para {person.email}")).to_be_visible()
    resend = page.get_by_role("button", name=re.compile("Enviar"))
    expect(resend).to_be_disabled()
    expect(resend).to_contain_text("Enviar de novo em")
    screenshot(page, "registered")
    page.clock.run_for(121_000)
    product.run("UPDATE limites SET fim = UTC_TIMESTAMP(6)")  # as much time passes for the server
    expect(resend).to_be_enabled()
    resend.click()
    expect(page.get_by_text("enviamos um novo link")).to_be_visible()
    expect(resend).to_be_disabled()
    page.reload()
    expect(resend).to_be_disabled()


def test_sign_in_says_what_is_wrong_and_what_to_do(
    new_page: Callable[..., Page], cloud: RunningCloud, person: Person
) -> None:
    person.register()
    page = new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(person.email)
    password = page.get_by_label("Senha", exact=True)
    password.fill("não é esta senha")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_text("E-mail ou senha não conferem")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(person.email)
    screenshot(page, "sign-in-wrong")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_text("falta confirmar o e-mail")).to_be_visible()
    page.get_by_role("link", name="Receber outro link").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    for _ in range(3):  # as many as are left to this address
        wrong = {"email": person.email, "senha": "errada de novo"}
        assert httpx.post(f"{cloud.gateway}/login", json=wrong, headers={"origin": cloud.gateway}).status_code == 401
    page.goto("/login")
    page.get_by_label("E-mail").fill(person.email)
    password.fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("button", name="Tente de novo em")).to_be_disabled()
    expect(page.get_by_text("Foram muitas tentativas.")).to_be_visible()


def test_forgotten_password(new_page: Callable[..., Page], people: People, cloud: RunningCloud) -> None:
    member = people.member()
    page = new_page()
    page.goto("/login")
    page.get_by_role("link", name="Esqueci minha senha").click()
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_role("button", name="Enviar link").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()
    page.goto(newest_link(cloud, member.email, "Crie outra senha no FalaAí", "/redefinir-senha/"))
    page.get_by_label("Nova senha").fill("outra senha comprida")
    screenshot(page, "reset")
    page.get_by_role("button", name="Trocar senha").click()
    expect(page.get_by_text("Senha trocada. Entre com a nova.")).to_be_visible()
    assert member.login("outra senha comprida").status_code == 200


def test_link_signs_in_where_the_account_was_registered_and_only_there(
    new_page: Callable[..., Page], person: Person
) -> None:
    page, other = new_page(), new_page()
    page.goto("/cadastro")
    sign_up(page, person)
    page.wait_for_url("**/sucesso")
    link = person.link()
    other.goto(link)
    other.get_by_label("Senha", exact=True).fill("não é esta")
    other.get_by_role("button", name="Confirmar e entrar").click()
    expect(other.locator("#senha-problem")).to_contain_text("Esta não é a senha do cadastro.")
    page.goto(link)
    expect(page.get_by_text("a conta foi criada neste aparelho")).to_be_visible()
    screenshot(page, "confirm-known-browser")
    page.get_by_role("button", name="Confirmar e entrar").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    assert [one["name"] for one in page.context.cookies()] == ["falaai"]


def test_button_works_again_after_the_browsers_back(new_page: Callable[..., Page], people: People) -> None:
    member = people.member()
    page = new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    button = page.get_by_role("button", name="Entrar", exact=True)
    page.evaluate("document.querySelector('form').addEventListener('submit', () => { window.left = true; })")
    page.route("**/login", lambda route: None if route.request.method == "POST" else route.continue_())
    button.click()
    expect(button).to_be_disabled()
    # A test cannot make Chromium keep the page, so it says that the page comes from there.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(button).to_be_enabled()


def test_signing_out_leaves_nothing_behind(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    page.get_by_label("Sua mensagem").fill("um rascunho")
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/login")
    assert page.evaluate("Object.keys(localStorage)") == []
    page.goto("/chat")
    page.wait_for_url("**/login")


def test_every_form_of_an_account_works_without_javascript(
    new_page: Callable[..., Page], person: Person, cloud: RunningCloud
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/cadastro")
    page.get_by_label("Seu nome").fill("Ana Souza")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha", exact=True).fill("12345678")
    page.get_by_role("button", name="Criar conta").click()
    expect(page.locator("#senha-problem")).to_contain_text("Essa senha é fácil de adivinhar")
    expect(page.locator("#termos_registro-problem")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(person.email)
    expect(page.get_by_label("Senha", exact=True)).to_have_value("")
    screenshot(page, "sign-up-without-javascript")
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Criar conta").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()
    page.context.clear_cookies()  # as in another browser than the one that registered
    page.goto(person.link())
    page.get_by_label("Senha", exact=True).fill("não é esta")
    page.get_by_role("button", name="Confirmar e entrar").click()
    expect(page.locator("#senha-problem")).to_contain_text("Esta não é a senha do cadastro.")
    screenshot(page, "confirm-wrong-password")
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirmar e entrar").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/login")

    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha", exact=True).fill("errada de todo")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_text("E-mail ou senha não conferem")).to_be_visible()
    page.get_by_role("link", name="Esqueci minha senha").click()
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_role("button", name="Enviar link").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()
    page.goto(newest_link(cloud, person.email, "Crie outra senha no FalaAí", "/redefinir-senha/"))
    page.get_by_label("Nova senha").fill("curta")
    page.get_by_role("button", name="Trocar senha").click()
    expect(page.locator("#senha-problem")).to_contain_text("A senha precisa de pelo menos 8 caracteres.")
    page.get_by_label("Nova senha").fill("outra senha comprida")
    page.get_by_role("button", name="Trocar senha").click()
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha", exact=True).fill("outra senha comprida")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", name="Oi, Ana.")).to_be_visible()

    page.goto("/profile")
    page.get_by_label("Nome", exact=True).fill("Ana Clara")
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_text("Perfil atualizado.")).to_be_visible()
    expect(page.get_by_label("Nome", exact=True)).to_have_value("Ana Clara")
    page.goto("/verificacao")
    page.get_by_label("E-mail").fill("ninguem@exemplo.com.br")
    page.get_by_role("button", name="Enviar novo link").click()
    expect(page.get_by_role("status").filter(has_text="enviamos um novo link")).to_be_visible()
