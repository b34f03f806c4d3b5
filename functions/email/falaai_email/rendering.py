"""Letters live in a folder each: subject.txt, body.txt and body.html, in Portuguese."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_FOLDER = Path(__file__).parent / "letters"


@dataclass(frozen=True)
class Letter:
    """A letter ready to go."""

    to: str
    subject: str
    text: str
    html: str


def render_email(kind: str, to: str, **values: str) -> Letter:
    """The letter of folder `kind`, filled in; a value that a template lacks is an error, not a gap."""
    subject, text, html = (
        _environment().get_template(f"{kind}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    # A line break in a subject would end the header it stands in.
    return Letter(to, " ".join(subject.split()), text, html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
