"""Highlight code of an allow-list of languages, in bounded time. Budget bounds all rendering.

A Pygments lexer is a set of regular expressions; some of them take minutes for a few hostile characters. Three limits
work together: the list has only lexers with short single steps (tests/faults/test_hostile_replies.py measures them),
longer code is not highlighted, and the time is checked between two steps.
"""

import time
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer

# Longest code and longest line that are highlighted, in characters. Lexers were measured up to these lengths.
CODE_MAX_CHARACTERS = 10_000
LINE_MAX_CHARACTERS = 2_000

# Pygments lexers that may run, each with the language names that select it in a reply.
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
    """Rendering the text exceeds the time or size limit of one message."""


class Budget:
    """A limit on the CPU time of the current thread, in seconds. Waiting for a busy machine does not count."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.thread_time() + seconds

    def is_spent(self) -> bool:
        return time.thread_time() >= self._ends_at

    def check(self) -> None:
        """Raise TooComplex if the time is used up."""
        if self.is_spent():
            raise TooComplex


def highlight(code: str, language: str, budget: Budget) -> str:
    """Return the code as HTML with a span around each keyword, string, comment and number.

    Returns only the escaped code if the language is not in the list, if the code is too long, or if the budget runs
    out.
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
    from pygments.lexers import get_lexer_by_name  # imported late: only conversations with code need it

    return get_lexer_by_name(name, stripnl=False)


@cache
def _css_class(kind: Any) -> str:
    """Return the CSS class of a token kind, or an empty string for tokens in the normal text colour."""
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    classes = {Keyword: "k", Operator.Word: "k", Name.Tag: "k", String: "s", Comment: "c", Number: "m"}
    return next((name for family, name in classes.items() if kind in family), "")
