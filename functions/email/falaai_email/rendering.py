"""Emails in Portuguese: each kind has a folder with subject.txt, body.txt and body.html."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_FOLDER = Path(__file__).parent / "emails"


@dataclass(frozen=True)
class Email:
    """An email that is ready to send."""

    to: str
    subject: str
    text: str
    html: str


def render_email(kind: str, to: str, **values: str) -> Email:
    """Render the email of folder `kind`. Raises UndefinedError if the templates need a value that is not given."""
    subject, text, html = (
        _environment().get_template(f"{kind}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    # A line break in a subject would end its header.
    return Email(to, " ".join(subject.split()), text, html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
