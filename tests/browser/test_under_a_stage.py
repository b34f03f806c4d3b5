"""Behind API Gateway's stage prefix nothing is lost: no link, cookie, redirect or asset."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import say, sign_up, take_session
from tests.support.people import People
from tests.support.running_cloud import RunningCloud, start_cloud


@pytest.fixture(scope="module")
def live(module_tmp_path: Path) -> Iterator[RunningCloud]:
    running = start_cloud(module_tmp_path, "--stage", "live")
    yield running
    assert running.stop() == 0


def test_application_is_installed_under_the_stage(live: RunningCloud, new_page: Callable[..., Page]) -> None:
    people = People(live)
    page = new_page(service_workers="allow", base_url=f"{live.gateway}/")
    take_session(page, people.member())
    page.goto("./chat")
    scope = page.evaluate("navigator.serviceWorker.ready.then((it) => new URL(it.scope).pathname)")
    assert scope == "/live/"
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((it) => it.json())")
    assert (manifest["start_url"], manifest["scope"]) == ("/live/chat", "/live/")
    for icon in manifest["icons"]:
        assert page.evaluate("(path) => fetch(path).then((it) => it.status)", icon["src"]) == 200
    page.reload()
    page.evaluate("() => navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.goto("./profile")
    expect(page.get_by_role("heading", name="Sem conexão")).to_be_visible()
    page.context.set_offline(False)
    people.close()


def test_walk_from_landing_to_goodbye(browser: Browser, live: RunningCloud, new_page: Callable[..., Page]) -> None:
    people = People(live)
    person = people.stranger()
    page = new_page(base_url=f"{live.gateway}/")
    strays: list[str] = []
    page.on("request", lambda asked: asked.url.startswith(f"{live.gateway}/") or strays.append(asked.url))
    page.on("response", lambda answer: answer.status < 400 or strays.append(f"{answer.status} {answer.url}"))
    page.goto("./")
    page.get_by_role("link", name="Criar conta").click()
    sign_up(page, person)
    page.wait_for_url(f"{live.gateway}/sucesso")
    page.goto(person.link())
    page.get_by_role("button", name="Confirmar e entrar").click()
    page.wait_for_url(f"{live.gateway}/chat")
    say(page, "Oi, sob um prefixo")
    conversation = page.url
    assert conversation.startswith(f"{live.gateway}/chat/")
    expect(page.locator(".conversation-group [aria-current=page]")).to_be_visible()
    page.get_by_role("button", name="Opções da conversa", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Baixar em JSON").click()
    assert download.value.url.startswith(f"{live.gateway}/conversation/")
    page.reload()
    expect(page.locator(".reply")).to_contain_text("demonstração")
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_label("Escuro").check()
    page.get_by_role("link", name="Seu perfil").click()
    page.wait_for_url(f"{live.gateway}/profile")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("link", name="Voltar à conversa").click()
    page.wait_for_url(conversation)
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url(f"{live.gateway}/login")
    assert strays == []
    people.close()
