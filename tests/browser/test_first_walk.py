"""A person's first minutes, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import screenshot, sign_up
from tests.support.people import PASSWORD, Person


def test_from_landing_to_a_titled_conversation(new_page: Callable[..., Page], person: Person) -> None:
    page = new_page()
    page.goto("/")
    screenshot(page, "landing")
    page.get_by_role("link", name="Criar conta").click()
    sign_up(page, person, password="12345678")
    expect(
        page.get_by_text("Essa senha é fácil de adivinhar: muita gente usa uma igual ou parecida.")
    ).to_be_visible()
    screenshot(page, "sign-up-problem")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Criar conta").click()
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()

    page.goto("/login")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("link", name="Receber outro link")).to_be_visible()

    page.goto(person.link())
    expect(page.get_by_label("Senha")).to_have_count(0)  # this browser has registered
    screenshot(page, "confirm")
    page.get_by_role("button", name="Confirmar e entrar").click()

    expect(page.get_by_role("heading", name="Oi, Ana. Sobre o que vamos conversar?")).to_be_visible()
    screenshot(page, "chat-empty")
    page.get_by_label("Sua mensagem").fill("Como faço pão de queijo?")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("resposta de demonstração")
    expect(page.locator(".topbar-title")).not_to_have_text("Nova conversa")
    expect(page.locator(".topbar-title")).not_to_have_text("Nova Conversa")
    expect(page.locator(".conversation-list [aria-current=page]")).to_have_text(
        page.locator(".topbar-title").inner_text()
    )
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    page.get_by_label("Sua mensagem").fill("Mostre um código em Python e uma lista")
    page.keyboard.press("Enter")
    expect(page.locator(".reply").nth(1).locator(".code-language span")).to_have_text("python")
    expect(page.locator(".question")).to_have_count(2)
    screenshot(page, "chat")

    page.reload()
    expect(page.locator(".question").first).to_have_text("Como faço pão de queijo?")
    expect(page.locator(".reply")).to_have_count(2)
