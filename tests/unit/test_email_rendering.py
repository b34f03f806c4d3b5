"""Every email has a subject, and the same link in text and HTML."""

from pathlib import Path

import pytest

import falaai_email
from falaai_email.rendering import render_email

FOLDERS = [path.name for path in (Path(falaai_email.__file__).parent / "emails").iterdir() if path.is_dir()]


@pytest.mark.parametrize("kind", FOLDERS)
def test_rendered_email(kind: str) -> None:
    email = render_email(kind, "ana@exemplo.com.br", greeting="Oi, Ana <b>.", link="https://fala.example/x?a=1")
    assert email.subject
    assert "\n" not in email.subject
    assert "https://fala.example/x?a=1" in email.text
    assert 'href="https://fala.example/x?a=1"' in email.html
    assert "Ana &lt;b&gt;" in email.html
    preview = email.html.split('<div style="display:none', 1)[1].split(">", 1)[1]
    assert len(preview.split("&#8199;", 1)[0].strip()) > 20  # mail programs show it beside the subject
    assert "Se não foi você, " in email.text
    assert "Se não foi você, " in email.html
