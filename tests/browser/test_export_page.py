"""The archive of all data on the profile page: request, progress, download, failure."""

import json
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE, screenshot, sign_in
from tests.support.people import People, Person
from tests.support.rows import Rows

PREPARING = "Estamos preparando o arquivo"


def section(page: Page) -> None:
    page.get_by_role("heading", name="Seus dados").scroll_into_view_if_needed()


def add_export(product: Rows, member: Person, state: str) -> None:
    product.run(
        "INSERT INTO exportacoes (id_usuario, estado, tamanho, criada_em, expira_em) SELECT id, %s, 12345678,"
        " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY FROM usuarios WHERE email = %s",
        state,
        member.email,
    )


def test_requested_archive_appears_on_the_page_and_is_downloaded(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page(DESKTOP)
    member = sign_in(page, people, "/profile")
    member.say("Uma pergunta para levar")
    page.get_by_role("button", name="Exportar meus dados").click()
    page.wait_for_url("**/profile#about-data")
    link = page.get_by_role("link", name="Baixar o arquivo")
    expect(link).to_be_visible()  # the page watches the progress by itself
    expect(page.get_by_role("button", name="Preparar um novo arquivo")).to_be_visible()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.startswith("falaai-")
    archive = zipfile.ZipFile(download.value.path())
    assert member.email in archive.read("falaai.json").decode()
    assert json.loads(archive.read("falaai.json"))["mensagens"][0]["conteudo"] == "Uma pergunta para levar"


def test_page_without_script_requests_and_downloads(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    sign_in(page, people, "/profile")
    page.get_by_role("button", name="Exportar meus dados").click()
    link = page.get_by_role("link", name="Baixar o arquivo")
    for _ in range(100):
        if link.is_visible():
            break
        page.wait_for_timeout(300)
        page.reload()
    with page.expect_download() as download:
        link.click()
    assert zipfile.is_zipfile(download.value.path())


@pytest.mark.parametrize(
    ("state", "sentence", "action"),
    [
        ("preparando", PREPARING, None),
        ("pronta", "Seu arquivo está pronto. Ele fica aqui até", "Preparar um novo arquivo"),
        ("erro", "Não conseguimos preparar o arquivo.", "Tentar de novo"),
    ],
)
def test_each_state_says_what_happens_and_what_to_do(
    new_page: Callable[..., Page], people: People, product: Rows, state: str, sentence: str, action: str | None
) -> None:
    for name, viewport, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")):
        page = new_page(viewport, color_scheme=scheme)
        member = sign_in(page, people, "/profile")
        add_export(product, member, state)
        page.goto("/profile#about-data")
        page.reload()  # the address differs only in its fragment
        expect(page.get_by_text(sentence)).to_be_visible()
        if action:
            expect(page.get_by_role("button", name=action)).to_be_visible()
        else:
            expect(page.get_by_role("button", name="Exportar meus dados")).to_have_count(0)
        section(page)
        screenshot(page, f"export-{state}-{name}")
    if state == "pronta":
        expect(page.get_by_role("link", name="Baixar o arquivo (12,3 MB)")).to_be_visible()
