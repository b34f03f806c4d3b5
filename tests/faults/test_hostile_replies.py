"""Replies that are made to take a page away: every page and route goes on answering, whatever is stored."""

import itertools
import time

import pytest

from falaai_chat.markdown.highlighting import CODE_MAX_CHARACTERS, LEXERS, LINE_MAX_CHARACTERS, Budget, highlight
from tests.support.hostile_markdown import HOSTILE_MARKDOWN
from tests.support.people import Person
from tests.support.rows import Rows
from tests.support.waiting import IS_WHOLE, at_most

REPLIES = 200
_MARKS = [*"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\x00", "a", "0", "é"]
_PARTS = [
    *("<!--", "<![CDATA[", "<?php ", "<a b='", "<a b=", "</", "<script>", "<style>", "{{", "{%", "${", "$((", "#{"),
    *(
        "'''",
        '"""',
        "f'{",
        "@a(",
        "#[",
        "=begin\n",
        "<<EOF\n",
        "<<A\n",
        "<<<",
        "a.",
        "a::",
        "a->",
        "a<b,",
        "a(b,",
        "a b ",
    ),
    *(
        "int a(",
        "a b(c",
        "function a(",
        "class a extends ",
        "def a",
        "fn a<",
        "let a: ",
        "import a, ",
        "public static ",
    ),
    *(
        "template <",
        "select a from ",
        "a: |\n",
        "a: b\n",
        "- ",
        "? ",
        "[[a",
        "`a",
        "1e",
        "0x",
        "1_",
        "x'",
        "(*",
        "{-",
        "/*",
    ),
    *(
        "begin ",
        "if a then ",
        "do\n",
        "= /",
        "\n  a",
        "aa\n a",
        "a{b:",
        "@media ",
        "&#",
        'a="b" ',
        "q(",
        "%w(",
        "<<~A\n",
    ),
    *("@@ -1 +1 @@\n", "RUN a \\\n", "$(a ", "[a]\na=b\n", '{"a":', "[1,", "a`b", "/** @a ", "#if a\n", "a ? b : "),
    *("#define a \\\n", "[[[", "{(", "a[]", "\\\n", "\\(", " " * 50 + "\n", "a " * 20 + "\n"),
]
_PAIRS = ["".join(pair) for pair in itertools.product("a\n ([{<'\"`\\/*#$.:=", repeat=2)]
PIECES = list(dict.fromkeys([*_MARKS, *(mark + "\n" for mark in _MARKS), *_PARTS, *_PAIRS]))


def code_of(piece: str) -> str:
    """The longest code that is highlighted: the piece again and again, in lines of the longest allowed."""
    code = piece * (CODE_MAX_CHARACTERS // len(piece))
    if max(map(len, code.splitlines()), default=0) <= LINE_MAX_CHARACTERS:
        return code
    return "\n".join([code[: LINE_MAX_CHARACTERS - 1]] * (CODE_MAX_CHARACTERS // LINE_MAX_CHARACTERS))


@pytest.mark.skipif(not IS_WHOLE, reason="test_markdown.py has a sample; all of it: make test-faults")
@pytest.mark.parametrize("language", LEXERS)
def test_no_lexer_of_the_list_takes_half_a_second(language: str) -> None:
    """Even the longest code that is highlighted, and even within one regular expression."""
    worst = (0.0, "")
    for piece in PIECES:
        code = code_of(piece)
        began = time.thread_time()
        highlight(code, language, Budget(0.05))
        worst = max(worst, (time.thread_time() - began, piece))
    print(f"{language}: {worst[0]:.2f} s for {worst[1]!r}")
    assert worst[0] < 0.5


def test_conversation_of_hostile_replies_is_answered_on_every_page_and_route(member: Person, product: Rows) -> None:
    conversation = member.say("Início")["conversation_id"]
    texts = itertools.cycle([text[:30_000] for text in HOSTILE_MARKDOWN.values()])
    for number in range(REPLIES):
        product.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, estado)"
            " VALUES (%s, %s, 'usuario', 'E agora?', UTC_TIMESTAMP(6), 'completa'),"
            " (%s, %s, 'ia', %s, UTC_TIMESTAMP(6), 'completa')",
            *(conversation, 3 + 2 * number, conversation, 4 + 2 * number, next(texts)),
        )
    product.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", 2 + 2 * REPLIES, conversation)
    member.http.get("/chat")
    newest = product.value("SELECT MAX(id) FROM mensagens WHERE id_conversa = %s", conversation)
    routes = ["/chat", f"/chat/{conversation}", f"/chat/replies/{newest}", "/conversations", "/conversations?q=agora"]
    routes += [f"/conversation/{conversation}/export", f"/conversation/{conversation}/export?format=json"]
    routes += [f"/conversation/{conversation}?limit=100"]
    for route in routes:
        with at_most(1, route):
            answer = member.http.get(route)
        assert answer.status_code == 200, (route, answer.text[:200])
    seen, link = [], f"/conversation/{conversation}?limit=100"
    while link:
        answer = member.http.get(link)
        assert answer.status_code == 200
        seen = [message["seq"] for message in answer.json()] + seen
        link = answer.links.get("next", {}).get("url", "")
    assert seen == list(range(1, 3 + 2 * REPLIES))
