"""Steps that tests take in a page of Chromium."""

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.paths import ROOT
from tests.support.people import PASSWORD, People, Person

ARTIFACTS = ROOT / "tests/artifacts"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 820}
WORDS = " ".join(f"palavra{number}" for number in range(200))  # a long reply

# The fixture `gemini`, which sets the replies of the Gemini fake.
Gemini = Callable[..., None]


# In the order of preference. The headless shell has no windows, which takes a seventh of the CPU time for each page.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")


def find_chromium() -> str:
    """Return the path of an installed Chromium. Raises FileNotFoundError."""
    found = next((path for program in PROGRAMS if (path := shutil.which(program))), None)
    if found is None:
        raise FileNotFoundError("Chromium is missing; `make test` installs it")
    return found


def screenshot(page: Page, name: str) -> Path:
    """Save a screenshot under tests/artifacts for manual inspection. Returns its path."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path


def sign_up(page: Page, person: Person, name: str = "Ana Souza", password: str = PASSWORD) -> None:
    """Fill in the form for a new account, and send it. The page shows the form already."""
    page.get_by_label("Seu nome").fill(name)
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Senha", exact=True).fill(password)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Criar conta").click()


def sign_in(page: Page, people: People, path: str = "/chat") -> Person:
    """Create a member and open `path` signed in, without the sign-in form. Returns the member."""
    member = people.member()
    take_session(page, member)
    page.goto(path)
    return member


def take_session(page: Page, member: Person) -> None:
    """Copy the session cookies of a member's HTTP client to the browser."""
    cookies = [
        {"name": name, "value": value, "url": str(member.http.base_url)}
        for name, value in member.http.cookies.items()
    ]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]


def edit_question(page: Page, old: str, new: str) -> None:
    """Send another text for the question that contains `old`. Does not wait for its reply."""
    question = page.locator(".message-asked").filter(has_text=old)
    question.hover()
    question.get_by_role("button", name="Editar pergunta").click()
    page.locator(".question textarea").fill(new)
    page.locator(".question-editing").get_by_role("button", name="Enviar").click()


def say(page: Page, message: str, wait: bool = True) -> None:
    """Send a message. If `wait`, wait for the whole reply."""
    done = page.locator(".message-answered[data-state=completa]")
    count = done.count()
    page.get_by_label("Sua mensagem").fill(message)
    if page.evaluate("matchMedia('(pointer: coarse)').matches"):
        page.get_by_role("button", name="Enviar").click()  # there, Enter begins a line
    else:
        page.keyboard.press("Enter")
    if wait:
        expect(done).to_have_count(count + 1)
