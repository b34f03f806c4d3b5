"""Every letter: a subject, and the same link in text and HTML."""

from pathlib import Path

import pytest

import falaai_email
from falaai_email.rendering import render_email

FOLDERS = [path.name for path in (Path(falaai_email.__file__).parent / "emails").iterdir() if path.is_dir()]


@pytest.mark.parametrize("kind", FOLDERS)
def test_letter(kind: str) -> None:
    letter = render_email(kind, "ana@exemplo.com.br", greeting="Oi, Ana <b>.", link="https://fala.example/x?a=1")
    assert letter.subject
    assert "\n" not in letter.subject
    assert "https://fala.example/x?a=1" in letter.text
    assert 'href="https://fala.example/x?a=1"' in letter.html
    assert "Ana &lt;b&gt;" in letter.html
    assert "Se não foi você, " in letter.text
    assert "Se não foi você, " in letter.html
