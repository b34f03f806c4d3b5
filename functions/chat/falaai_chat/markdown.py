"""Model text to safe HTML, in bounded time and size.

The raw Markdown stays in the database; the browser never interprets model text. What a message costs depends on what
stands in it, so each has a budget of CPU time and a largest size: beyond them it is shown as plain text.
"""

import time
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import nh3

from falaai.web import texts
from falaai_chat.highlighting import Budget, TooComplex, highlight

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# CPU seconds for one message, and how many of them may go into its code. A reply of 8,192 tokens, the most that the
# model may give, takes less than a third of it.
MESSAGE_SECONDS = 0.5
HIGHLIGHT_SECONDS = 0.2
# Bytes of HTML of one message. Lambda's answers end at 6 MB.
HTML_MAX_BYTES = 1_000_000

# The open block is parsed again when it has grown by this factor: all parses of a reply of n characters together read
# at most n * GROWTH / (GROWTH - 1) characters, eleven times the reply.
GROWTH = 1.1
# CPU seconds for all blocks of one reply; after them the page waits for the end.
REPLY_SECONDS = 1.0

_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("a", "code", "pre", "span", "div", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "span": {"class"},
    "div": {"class"},
    "ol": {"start"},
    "pre": {"tabindex"},
}
_SCHEMES = {"http", "https", "mailto"}


def to_html(text: str, seconds: float = MESSAGE_SECONDS) -> str:
    """HTML that is safe to insert in a page: no scripts, styles, images, forms or foreign attributes in it.

    Images become nothing: one loaded from elsewhere would tell a stranger who reads what. A text that takes more CPU
    time than `seconds`, or more than HTML_MAX_BYTES, becomes plain text with a sentence that says so.
    """
    try:
        return _render(text, seconds)
    except TooComplex:
        return plain(text)


def _render(text: str, seconds: float) -> str:
    budget = Budget(seconds)
    html = _renderer().render(text, {"budget": budget, "highlighting": Budget(min(HIGHLIGHT_SECONDS, seconds / 2))})
    _check_size(html)
    budget.check()
    html = _cleaner().clean(html)
    _check_size(html)
    return html


def plain(text: str) -> str:
    """The text as it is, with a sentence that says why it has no formatting."""
    return f'<p><em>{texts.REPLY_UNFORMATTED}</em></p><div class="unformatted">{escape(text)}</div>'


def finished_until(text: str, seconds: float = MESSAGE_SECONDS) -> int:
    """How many characters of a growing text form blocks that nothing after them can change.

    The last block may still grow, so everything before it is finished; a blank line alone does not end a list.
    Raises TooComplex after so many seconds of CPU time.
    """
    text = text.replace("\r\n", " \n").replace("\r", "\n")  # as the parser does, in as many characters
    renderer = _renderer()
    tokens = renderer.block.parse(text, renderer, {"budget": Budget(seconds)}, []) or []
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
    if len(starts) < 2:
        return 0
    return sum(len(line) + 1 for line in text.split("\n")[: starts[-1]])


@dataclass(frozen=True)
class Block:
    """Safe HTML of the reply up to character `until`."""

    html: str
    until: int


class FinishedBlocks:
    """The blocks of one reply. Ask with the whole text so far, each time a line has ended."""

    def __init__(self) -> None:
        self._until = 0
        self._next_length = 0.0
        self._seconds_left = REPLY_SECONDS

    def find(self, text: str) -> Block | None:
        """Return the blocks that have been finished since the last call, or None."""
        if self._seconds_left <= 0 or len(text) - self._until < self._next_length:
            return None
        began = time.thread_time()
        try:
            return self._find(text)
        except TooComplex:
            self._seconds_left = 0
            return None
        finally:
            self._seconds_left -= time.thread_time() - began

    def _find(self, text: str) -> Block | None:
        start, seconds = self._until, min(MESSAGE_SECONDS, self._seconds_left)
        self._until += finished_until(text[start:], seconds)
        self._next_length = GROWTH * (len(text) - self._until)
        if self._until == start:
            return None
        return Block(to_html(text[start : self._until], seconds), self._until)


def _check_size(html: str) -> None:
    if len(html.encode()) > HTML_MAX_BYTES:
        raise TooComplex


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # an empty page has no Markdown
    from markdown_it.renderer import RendererHTML

    class Renderer(RendererHTML):
        """Looks at the time before each piece of text."""

        def renderInline(self, tokens: Any, options: Any, env: Any) -> str:  # noqa: N802 - the library's name
            env["budget"].check()
            return super().renderInline(tokens, options, env)

    renderer = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable(["table", "strikethrough"])
    renderer.renderer.rules["fence"] = _fence  # type: ignore[attr-defined]
    # A reference is written once and repeated in a few characters: it makes 30,000 of them 200 MB.
    renderer.disable(["image", "reference"])
    # Asked before every other rule, at every line and piece of text.
    blocks = ["paragraph", "reference", "blockquote", "list"]
    renderer.block.ruler.before("table", "budget", _check_block, {"alt": blocks})
    renderer.inline.ruler.before("text", "budget", _check_inline)
    # A page has one h1, and it is not the model's.
    renderer.core.ruler.push("lower_headings", _lower_headings)
    return renderer


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _check_block(state: Any, _start: int, _end: int, _silent: bool) -> bool:
    state.env["budget"].check()
    return False


def _check_inline(state: Any, _silent: bool) -> bool:
    state.env["budget"].check()
    return False


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _fence(tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A code block with its language as a label, beside which the page puts its copy button; scrollable, so
    reachable by keyboard."""
    env["budget"].check()
    language = tokens[index].info.strip().split(" ")[0][:30]
    code = highlight(tokens[index].content.rstrip("\n"), language, env["highlighting"]).rstrip("\n")
    label = f'<div class="code-language"><span>{escape(language or "código")}</span></div>'
    return f'<div class="code">{label}<pre tabindex="0"><code>{code}</code></pre></div>\n'
