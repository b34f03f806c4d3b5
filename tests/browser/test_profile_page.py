"""The profile in the browser: name, address, picture, instructions and the end of the account."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, screenshot, sign_in
from tests.support.people import PASSWORD, People, second_device
from tests.support.pictures import assert_upright_and_bare, phone_photo


def test_picture_is_in_the_sidebar_and_can_be_removed(
    new_page: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    page = new_page({"width": 320, "height": 640})
    member = sign_in(page, people, "/profile")
    expect(page.get_by_role("button", name="Remover a foto")).to_have_count(0)
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "foto.png")
    page.get_by_label("Foto", exact=True).set_input_files(tmp_path / "foto.png")
    expect(page.get_by_text("Foto escolhida: foto.png")).to_be_visible()
    screenshot(page, "profile-320")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_role("img", name="Sua foto")).to_have_js_property("naturalWidth", 256)
    page.goto("/chat")
    expect(page.locator(".account-button img")).to_have_js_property("naturalWidth", 256)
    page.goto("/profile")
    page.get_by_role("button", name="Remover a foto").click()
    expect(page.get_by_text("Foto removida.")).to_be_visible()
    expect(page.get_by_role("img", name="Sua foto")).to_have_count(0)
    assert member.http.get("/profile/picture").status_code == 404
    page.goto("/chat")
    expect(page.locator(".account-button span.avatar")).to_be_attached()
    expect(page.locator(".account-button img")).to_have_count(0)


def test_change_of_the_address_waits_and_can_be_called_off(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people, "/profile")
    page.get_by_label("Novo e-mail").fill("outra@exemplo.com.br")
    page.get_by_label("Senha atual").first.fill(PASSWORD)
    page.get_by_role("button", name="Salvar e-mail ou senha").click()
    expect(page.get_by_text("Falta confirmar: enviamos um link ao novo e-mail.")).to_be_visible()
    expect(page.get_by_text("Perfil atualizado.")).to_have_count(0)
    expect(page.get_by_text("a troca para outra@exemplo.com.br espera a confirmação")).to_be_visible()
    screenshot(page, "email-waits")
    page.get_by_role("button", name="Cancelar a troca de e-mail").click()
    expect(page.get_by_text("Nenhuma troca está pendente.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancelar a troca de e-mail")).to_have_count(0)


def test_photo_that_only_safari_opens_is_told_clearly(
    new_page: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    page = new_page(PHONE)
    sign_in(page, people, "/profile")
    (tmp_path / "IMG_0001.HEIC").write_bytes(b"....ftypheic" + b"0" * 5000)
    page.get_by_label("Foto", exact=True).set_input_files(tmp_path / "IMG_0001.HEIC")
    expect(page.get_by_text("Este navegador não abre fotos HEIC")).to_be_visible()
    screenshot(page, "profile-heic")


def test_profile_is_changed_seen_and_deleted(new_page: Callable[..., Page], people: People, tmp_path: Path) -> None:
    page = new_page()
    member = sign_in(page, people, "/profile")
    second_device(people, member)
    page.reload()
    page.get_by_label("Nome", exact=True).fill("Ana Clara")
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_text("Perfil atualizado.")).to_be_visible()
    expect(page.get_by_label("Nome", exact=True)).to_have_value("Ana Clara")
    picture = tmp_path / "foto.png"
    Image.new("RGB", (40, 40), "teal").save(picture)
    page.get_by_label("Foto", exact=True).set_input_files(picture)
    expect(page.get_by_role("img", name="Como a foto vai ficar")).to_be_visible()
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_role("img", name="Sua foto")).to_have_js_property("naturalWidth", 256)
    page.get_by_label("Nova senha").fill("outra senha comprida")
    page.get_by_role("button", name="Salvar e-mail ou senha").click()
    expect(page.get_by_text("A senha atual não confere.")).to_be_visible()
    screenshot(page, "profile")
    page.get_by_role("button", name="Encerrar todos os outros").click()
    expect(page.get_by_text("Os outros acessos foram encerrados.")).to_be_visible()
    expect(page.locator(".profile-devices li")).to_have_count(1)
    page.get_by_label("Senha atual").last.fill(PASSWORD)
    page.get_by_role("button", name="Apagar minha conta").click()
    expect(page.get_by_text("Sua conta e tudo o que era dela foram apagados.")).to_be_visible()
    assert member.login().status_code == 401


def test_instructions_begin_with_an_example(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(PHONE)
    member = sign_in(page, people, "/profile")
    field = page.get_by_label("Instruções para o FalaAí")
    expect(field).to_have_value("")
    page.get_by_role("button", name="Responda curto, em até três frases.").click()
    page.get_by_role("button", name="Escreva de um jeito formal.").click()
    expect(field).to_be_focused()
    expect(field).to_have_value("Responda curto, em até três frases.\nEscreva de um jeito formal.")
    screenshot(page, "profile-instructions")
    page.get_by_role("button", name="Salvar as instruções").click()
    expect(page.get_by_text("O FalaAí fala assim com você a partir da próxima mensagem.")).to_be_visible()
    expect(field).to_have_value("Responda curto, em até três frases.\nEscreva de um jeito formal.")
    exported = member.http.get("/profile/export").json()["usuarios"][0]
    assert exported["instrucoes"] == "Responda curto, em até três frases.\nEscreva de um jeito formal."
    field.fill("")
    page.get_by_role("button", name="Salvar as instruções").click()
    expect(page.get_by_text("O FalaAí volta a falar do jeito de sempre.")).to_be_visible()


def test_instructions_are_written_without_javascript(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(java_script_enabled=False)
    member = sign_in(page, people, "/profile")
    page.get_by_label("Instruções para o FalaAí").fill("Seja breve.\nSem rodeios.")
    expect(page.get_by_role("group", name="Exemplos para começar")).to_be_hidden()
    page.get_by_role("button", name="Salvar as instruções").click()
    expect(page.get_by_text("Perfil atualizado.")).to_be_visible()
    expect(page.get_by_label("Instruções para o FalaAí")).to_have_value("Seja breve.\nSem rodeios.")
    assert member.http.get("/profile/export").json()["usuarios"][0]["instrucoes"] == "Seja breve.\nSem rodeios."


def test_photo_of_a_phone_becomes_the_picture(new_page: Callable[..., Page], people: People, tmp_path: Path) -> None:
    """However large it is, and upright whatever way the camera was held."""
    page = new_page(PHONE)
    member = sign_in(page, people, "/profile")
    photo = tmp_path / "IMG_2026.jpg"
    photo.write_bytes(phone_photo())
    assert photo.stat().st_size > 6 * 1024 * 1024
    page.get_by_label("Foto", exact=True).set_input_files(photo)
    expect(page.get_by_role("img", name="Como a foto vai ficar")).to_be_visible()
    with page.expect_request("**/profile/update") as update:
        page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_role("img", name="Sua foto")).to_have_js_property("naturalWidth", 256)
    screenshot(page, "profile-phone-photo")
    assert int(update.value.all_headers()["content-length"]) < 500_000
    assert_upright_and_bare(member.http.get("/profile/picture").content)


def test_file_that_is_no_picture_is_told_at_once(
    new_page: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    page = new_page(PHONE)
    sign_in(page, people, "/profile")
    (tmp_path / "foto.jpg").write_bytes(b"nada disso")
    page.get_by_label("Foto", exact=True).set_input_files(tmp_path / "foto.jpg")
    expect(page.get_by_text("Não conseguimos abrir essa foto.")).to_be_visible()
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_text("Não conseguimos abrir essa foto.")).to_be_visible()
    screenshot(page, "profile-no-picture")
    page.get_by_label("Foto", exact=True).set_input_files([])
    expect(page.get_by_text("Não conseguimos abrir essa foto.")).to_be_hidden()
