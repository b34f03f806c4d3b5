"""Highlight code of an allow-list of languages, in bounded time.

A lexer of Pygments is a set of regular expressions, and some of them take minutes, or for ever, over a few hostile
characters. Three bounds hold together: the list has only lexers whose single step was measured to be short
(tests/faults/test_hostile_replies.py measures it again), no code beyond the two limits of length is highlighted, and
between two steps the time is looked at.
"""

import time
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer

# Longest code and longest line that are highlighted, in characters; tests/faults measures the lexers up to here.
CODE_MAX_CHARACTERS = 10_000
LINE_MAX_CHARACTERS = 2_000

# Each of Pygments' lexers that may run, and the names by which a reply may ask for it.
LEXERS = {
    "bash": "bash sh shell zsh",
    "c": "c h",
    "cpp": "cpp c++ cc hpp",
    "csharp": "csharp c# cs",
    "css": "css",
    "dart": "dart",
    "diff": "diff patch udiff",
    "docker": "docker dockerfile",
    "elixir": "elixir ex exs",
    "go": "go golang",
    "graphql": "graphql",
    "groovy": "groovy gradle",
    "haskell": "haskell hs",
    "html": "html htm",
    "ini": "ini cfg conf dosini",
    "java": "java",
    "javascript": "javascript js mjs node",
    "json": "json jsonc",
    "jsx": "jsx react",
    "julia": "julia jl",
    "kotlin": "kotlin kt kts",
    "latex": "latex tex",
    "lua": "lua",
    "make": "make makefile mk",
    "nginx": "nginx",
    "objective-c": "objective-c objectivec objc",
    "perl": "perl pl",
    "php": "php",
    "powershell": "powershell ps1 pwsh",
    "protobuf": "protobuf proto",
    "python": "python py python3 py3",
    "r": "r",
    "ruby": "ruby rb",
    "rust": "rust rs",
    "scala": "scala",
    "scss": "scss",
    "sql": "sql mysql mariadb postgres postgresql sqlite plsql tsql",
    "swift": "swift",
    "terraform": "terraform hcl tf",
    "toml": "toml",
    "tsx": "tsx",
    "typescript": "typescript ts",
    "xml": "xml svg xsd xsl",
    "yaml": "yaml yml",
}
_LEXER_OF = {name: lexer for lexer, names in LEXERS.items() for name in names.split()}


class TooComplex(Exception):
    """The text would take more time, or give more HTML, than one message may."""


class Budget:
    """Seconds of CPU time of the thread that makes it; a busy machine does not make them shorter."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.thread_time() + seconds

    def is_spent(self) -> bool:
        return time.thread_time() >= self._ends_at

    def check(self) -> None:
        """Raises TooComplex once the time is spent."""
        if self.is_spent():
            raise TooComplex


def highlight(code: str, language: str, budget: Budget) -> str:
    """Return the code as HTML with a span around each keyword, string, comment and number.

    Returns the escaped code alone for a language that is not listed, for code beyond the limits of length, and when
    the budget is spent before the end.
    """
    name = _LEXER_OF.get(language.lower())
    if name is None or not _is_short(code) or budget.is_spent():
        return escape(code)
    parts, open_class, waiting = list[str](), "", list[str]()
    for kind, text in _lexer(name).get_tokens(code):
        if budget.is_spent():
            return escape(code)
        css_class = _css_class(kind)
        if css_class != open_class:
            parts.append(_span(open_class, "".join(waiting)))
            open_class, waiting = css_class, []
        waiting.append(text)
    return "".join(parts) + _span(open_class, "".join(waiting))


def _is_short(code: str) -> bool:
    if len(code) > CODE_MAX_CHARACTERS:
        return False
    return max(map(len, code.splitlines()), default=0) <= LINE_MAX_CHARACTERS


def _span(css_class: str, text: str) -> str:
    return f'<span class="{css_class}">{escape(text)}</span>' if css_class and text.strip() else escape(text)


@cache
def _lexer(name: str) -> "Lexer":
    from pygments.lexers import get_lexer_by_name  # only conversations with code need it

    return get_lexer_by_name(name, stripnl=False)


@cache
def _css_class(kind: Any) -> str:
    """The class of chat.css for a kind of token; empty for what has the colour of the text."""
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    classes = {Keyword: "k", Operator.Word: "k", Name.Tag: "k", String: "s", Comment: "c", Number: "m"}
    return next((name for family, name in classes.items() if kind in family), "")
