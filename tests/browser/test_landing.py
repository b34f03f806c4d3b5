"""The landing page: what a visitor writes there waits for the account that it was written for."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import sign_in, sign_up
from tests.support.people import PASSWORD, People, Person

MESSAGE = "Como faço pão de queijo\nsem queijo?"


def write_and_sign_up(page: Page, person: Person) -> None:
    page.goto("/")
    page.get_by_label("Sua primeira mensagem").fill(MESSAGE)
    page.get_by_role("button", name="Começar").click()
    expect(page.get_by_text("A mensagem que você escreveu espera por você.")).to_be_visible()
    assert "queijo" not in page.url
    sign_up(page, person, name="Ana")
    expect(page.get_by_role("heading", name="Confira seu e-mail")).to_be_visible()


def sign_in_by_form(context: BrowserContext, person: Person) -> Page:
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/chat*")
    return page


def test_first_message_is_the_draft_after_the_confirmation_in_another_tab(
    new_page: Callable[..., Page], person: Person
) -> None:
    page = new_page()
    write_and_sign_up(page, person)
    other = page.context.new_page()
    other.goto(person.link())
    other.get_by_role("button", name="Confirmar e entrar").click()
    expect(other.get_by_label("Sua mensagem")).to_have_value(MESSAGE)
    other.get_by_label("Sua mensagem").fill("")
    other.reload()
    expect(other.get_by_label("Sua mensagem")).to_have_value("")  # it comes once


def test_first_message_begins_a_new_conversation_of_a_member(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = people.member()
    member.say("Primeira pergunta")
    page.goto("/")
    page.get_by_label("Sua primeira mensagem").fill(MESSAGE)
    page.get_by_role("link", name="Já tenho conta").click()
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_label("Sua mensagem")).to_have_value(MESSAGE)
    expect(page.locator(".topbar-title")).to_have_text("Nova conversa")
    expect(page.locator(".question")).to_have_count(0)


def test_another_user_of_the_browser_does_not_see_the_first_message(
    new_page: Callable[..., Page], people: People, person: Person
) -> None:
    page = new_page()
    write_and_sign_up(page, person)
    page.close()
    other = sign_in_by_form(page.context, people.member())
    expect(other.get_by_label("Sua mensagem")).to_have_value("")
    assert "queijo" not in str(other.evaluate("JSON.stringify(localStorage)"))


def test_without_a_script_the_text_is_in_no_address(new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Sua primeira mensagem").fill("segredo")
    page.get_by_role("button", name="Começar").click()
    expect(page.get_by_role("heading", name="Crie sua conta")).to_be_visible()
    assert "segredo" not in page.url


def test_uses_change_by_keyboard_and_the_picture_follows_the_colours(new_page: Callable[..., Page]) -> None:
    page = new_page(color_scheme="dark")
    page.goto("/")
    expect(page.get_by_text("espalhamento Rayleigh")).to_be_visible()
    page.get_by_label("Estudar").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Escrever")).to_be_checked()
    expect(page.get_by_text("O relatório vai precisar de mais dois dias")).to_be_visible()
    expect(page.get_by_text("espalhamento Rayleigh")).not_to_be_visible()
    expect(page.get_by_alt_text("A mesma conversa em cores escuras")).to_be_visible()
    expect(page.get_by_alt_text("Uma conversa no FalaAí")).not_to_be_visible()
    page.get_by_text("Por quanto tempo fica guardado?").click()
    expect(page.get_by_text("depois de 90 dias sem uso")).to_be_visible()


def test_empty_conversation_has_its_field_in_the_middle_until_the_first_message(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    expect(page.locator("[data-empty]")).to_be_visible()
    field = page.get_by_label("Sua mensagem")
    middle = field.bounding_box()
    assert middle is not None
    field.fill("Oi")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_be_visible()
    below = field.bounding_box()
    assert below is not None
    assert below["y"] > middle["y"] + 100


def test_bar_and_examples_stand_in_one_line_each_on_a_small_phone(new_page: Callable[..., Page]) -> None:
    page = new_page({"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page.goto("/")
    bar, uses = page.locator(".landing-links a"), page.locator(".uses label")
    for elements, count in ((bar, 2), (uses, 3)):
        expect(elements).to_have_count(count)
        middles = elements.evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => (top + bottom) / 2)"
        )
        assert max(middles) - min(middles) <= 2
    assert page.locator(".landing-links .button").evaluate("(it) => it.offsetHeight") <= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
