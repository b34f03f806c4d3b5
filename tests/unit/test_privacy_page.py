"""The privacy page names the operator and the retention of this deployment."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from falaai import settings
from falaai_auth import application


@pytest.fixture(autouse=True)
def _settings_are_read_again() -> Iterator[None]:
    settings.read.cache_clear()
    yield
    settings.read.cache_clear()


def privacy_page() -> str:
    return TestClient(application.build()).get("/privacidade", headers={"accept": "text/html"}).text


def test_it_names_the_operator_and_the_retention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_NAME", "Rádio <Lagoa>")
    monkeypatch.setenv("CONTACT_EMAIL", "dados@exemplo.com.br")
    monkeypatch.setenv("RETENTION_DAYS", "45")
    page = privacy_page()
    assert "Rádio &lt;Lagoa&gt;" in page
    assert page.count('href="mailto:dados@exemplo.com.br"') == 2
    assert "45 dias sem uso; as fixadas ficam" in page


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("free", "Este FalaAí usa a versão gratuita do Gemini: o Google pode usar esses textos e arquivos"),
        ("paid", "Este FalaAí usa a versão paga do Gemini, em que o Google não usa"),
        ("", "Na versão gratuita do Gemini, o Google pode usar esses textos e arquivos"),
    ],
)
def test_it_says_what_google_may_do_with_texts_and_files(
    monkeypatch: pytest.MonkeyPatch, plan: str, said: str
) -> None:
    monkeypatch.setenv("GEMINI_PLAN", plan)
    assert said in privacy_page()


def test_without_operator_and_retention_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_NAME", "")
    monkeypatch.setenv("CONTACT_EMAIL", "")
    monkeypatch.setenv("RETENTION_DAYS", "0")
    page = privacy_page()
    assert "ainda não informou nome nem contato" in page
    assert "mailto:" not in page
    assert "sem uso; as fixadas" not in page
