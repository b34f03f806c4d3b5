"""The fields of the form for a new account."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from falaai import rate_limits
from falaai.web import texts
from falaai_auth.schemas import Registration
from tests.support.paths import ROOT

GOOD = {"nome": "Ana", "email": "ana@exemplo.com.br", "senha": "cavalo bateria", "termos_registro": True}


def problem(**changed: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Registration(**{**GOOD, **changed})
    (detail,) = caught.value.errors()
    return str(detail["ctx"]["error"])


def test_good_form_is_normalised_but_the_password_is_not() -> None:
    form = Registration(**{**GOOD, "nome": "  Ana   Souza ", "email": " Ana@EXEMPLO.com.br ", "senha": "  espaços  "})
    assert (form.nome, form.email, form.senha) == ("Ana Souza", "ana@exemplo.com.br", "  espaços  ")


@pytest.mark.parametrize("email", ["ana", "ana@", "@exemplo.com", "ana@exemplo", "ana@exemplo.com\r\nBcc: x@y.com"])
def test_not_an_email(email: str) -> None:
    assert problem(email=email) == texts.EMAIL_NOT_VALID


def test_password_of_seven_and_eight_code_points() -> None:
    assert problem(senha="é" * 7) == texts.PASSWORD_SHORT
    assert Registration(**{**GOOD, "senha": "çãéíõúüñ"}).senha == "çãéíõúüñ"


def test_password_of_129() -> None:
    assert problem(senha="x" * 129) == texts.PASSWORD_LONG


def test_password_like_the_email_or_everybody_elses() -> None:
    assert problem(senha="ANA@exemplo.com.br") == texts.PASSWORD_IS_EMAIL
    assert problem(senha="password1") == texts.PASSWORD_COMMON


def test_password_of_the_persons_own_name_or_email() -> None:
    person = {"nome": "Marijose Zwqxkv", "email": "padariasol@exemplo.com.br"}
    for own in ("marijose1", "Zwqxkv@2026", "padariasol7"):
        assert problem(**person, senha=own) == texts.PASSWORD_PERSONAL


def test_terms_must_be_accepted() -> None:
    assert problem(termos_registro=False) == texts.TERMS_NOT_ACCEPTED


def test_name_of_spaces() -> None:
    assert problem(nome="   ") == texts.NAME_EMPTY


def test_pages_count_down_the_pause_after_which_another_email_is_sent() -> None:
    templates = (ROOT / "functions/auth/falaai_auth/templates").glob("*.html")
    pauses = [pause for page in templates for pause in re.findall(r'data-email-pause="(\d+)"', page.read_text())]
    assert pauses == 2 * [str(rate_limits.CONFIRMATION_EMAILS.pause.seconds)]
