"""Rows and list cursors in the form that JSON and templates use: Portuguese field names, times for browsers."""

import re
import time
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from falaai.attachment_views import listed_view
from falaai.errors import InvalidInput
from falaai.grounding import Grounding
from falaai.repositories.conversations import Conversation, Cursor
from falaai.repositories.facts import Fact, ToldFact
from falaai.repositories.messages import Message, State
from falaai.repositories.search import Hit
from falaai.web import texts
from falaai.web.dates import group_of, in_words
from falaai_chat.markdown import MESSAGE_SECONDS, plain, to_html
from falaai_chat.quota import is_counted

# CPU seconds for rendering all messages of one response, so that hostile messages cannot delay it for longer.
ANSWER_SECONDS = 0.7

# Characters of an excerpt before the words of a search, and after them.
BEFORE = 30
AFTER = 90

_MARKERS = re.compile(r"[*`#|>]+")
_CURSOR = re.compile(r"([01])-(\d{1,16})-(\d{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


def conversation_shape(conversation: Conversation) -> dict[str, Any]:
    """Return {id, titulo_conversa, data_criacao, data_atualizacao, fixada}, with times in milliseconds since 1970."""
    return {
        "id": conversation.id,
        "titulo_conversa": conversation.title,
        "data_criacao": _milliseconds(conversation.created_at),
        "data_atualizacao": _milliseconds(conversation.updated_at),
        "fixada": conversation.is_pinned,
    }


def message_shape(message: Message) -> dict[str, Any]:
    """Return {id, seq, remetente, conteudo, estado, erro, data_envio}. `erro` is null for a question."""
    is_reply = message.author == "ia"
    return {
        "id": message.id,
        "seq": message.seq,
        "remetente": "bot" if is_reply else "usuario",
        "conteudo": message.text,
        "estado": message.state.value,
        "erro": message.error,
        "data_envio": message.sent_at.isoformat(timespec="milliseconds") + "Z",
    }


def search_shape(grounding: Grounding | None) -> dict[str, Any] | None:
    """Return {fontes, citacoes, consultas, sugestoes, aviso, frase} of a reply, or None without a search."""
    if grounding is None:
        return None
    return {**grounding.shape(), "frase": texts.SEARCH_NOTICES[grounding.notice] if grounding.notice else None}


def conversation_view(conversation: Conversation, now: datetime) -> dict[str, Any]:
    """Return the fields of conversation_shape, `grupo`, the conversation's heading in the list, and `guardados`, the
    number of facts that were stored from it.
    """
    group = texts.PINNED_GROUP if conversation.is_pinned else group_of(conversation.updated_at, now)
    return {**conversation_shape(conversation), "grupo": group, "guardados": conversation.facts_stored}


def hit_view(hit: Hit | None, words: str) -> dict[str, Any]:
    """Return {trecho: [before, words, after], seq} of a conversation's newest message with the words, or {}.

    A message of a hidden version has its id in `outra_versao`. If the words are in a file, `anexo` is its name.
    """
    if hit is None:
        return {}
    hidden = {"outra_versao": hit.message_id} if hit.is_hidden else {}
    attachment = {"anexo": hit.attachment} if hit.attachment is not None else {}
    return {"trecho": excerpt(hit.text, words), "seq": hit.seq, **hidden, **attachment}


def message_views(messages: Sequence[Message], now: datetime) -> list[dict[str, Any]]:
    """Return the fields of message_shape and `html` of a reply, `quando` (the time in words), `aviso`, the message's
    number (`versao`) among the `versoes` of its place, its `modo`, a question's `anexos`, and the `pesquisa` and
    `avaliacao` of a reply. `guardado` are the facts [{id, texto}] that the question of a reply told.

    `aviso` is a sentence about a reply that failed or was stopped, else null. The newest replies are rendered first;
    when ANSWER_SECONDS are used up, the others are returned as plain text.
    """
    views, left = [], ANSWER_SECONDS
    for message in reversed(messages):
        began = time.thread_time()
        html = _html(message, left) if message.author == "ia" else None
        left -= time.thread_time() - began
        notice = notice_of(message.text, message.state, message.error)
        views.append(
            {
                **message_shape(message),
                "html": html,
                "quando": in_words(message.sent_at, now),
                "aviso": notice,
                "versao": message.version,
                "versoes": message.versions,
                "modo": message.mode.value,
                "avaliacao": {"nota": message.rating, "motivo": message.rating_reason} if message.rating else None,
                "anexos": [listed_view(one, one) for one in message.attachments],
                "pesquisa": search_shape(message.grounding),
                "guardado": [remembered_shape(fact) for fact in message.facts],
            }
        )
    return views[::-1]


def _html(reply: Message, seconds: float) -> str:
    if seconds <= 0:
        return plain(reply.text)
    return to_html(reply.text, min(MESSAGE_SECONDS, seconds), reply.grounding)


def notice_of(text: str, state: State, error: str | None) -> str | None:
    """Return the sentence to show about a reply that failed or was interrupted, or None."""
    if state is State.FAILED:
        sentence = texts.ERRORS.get(error or "", texts.ERRORS["model_error"])
        return sentence if is_counted(text, error or "") else f"{sentence} {texts.NOT_COUNTED}"
    if state is State.INTERRUPTED:
        return texts.REPLY_ABANDONED if error else texts.REPLY_STOPPED
    return None


def ended_shape(
    text: str, state: State, error: str | None = None, grounding: Grounding | None = None
) -> dict[str, Any]:
    """Return {html, estado, aviso} of a reply that has ended."""
    return {"html": to_html(text, grounding=grounding), "estado": state.value, "aviso": notice_of(text, state, error)}


def remembered_shape(fact: Fact | ToldFact) -> dict[str, Any]:
    """Return {id, texto} of a fact that was stored."""
    return {"id": fact.id, "texto": fact.text}


def _milliseconds(utc: datetime) -> int:
    return round(utc.replace(tzinfo=UTC).timestamp() * 1000)


def encode_cursor(last: Conversation | Cursor) -> str:
    """Encode the position right after `last` as "pinned-microseconds since 1970-id"."""
    return f"{int(last.is_pinned)}-{(last.updated_at - _EPOCH) // _MICROSECOND}-{last.id}"


def next_page(last: Conversation | Cursor, limit: int, search: str = "") -> str:
    """Return the path of the list page that begins right after `last`."""
    query = {"limit": limit, "cursor": encode_cursor(last), **({"q": search} if search else {})}
    return f"/conversations?{urlencode(query)}"


def decode_cursor(cursor: str) -> Cursor:
    """Decode a cursor. Raises InvalidInput for text that encode_cursor cannot have made."""
    found = _CURSOR.fullmatch(cursor)
    try:
        if found is None:
            raise ValueError(cursor)
        return Cursor(found[1] == "1", _EPOCH + int(found[2]) * _MICROSECOND, int(found[3]))
    except (ValueError, OverflowError):
        raise InvalidInput("cursor", texts.FIELD_OTHERWISE) from None


def excerpt(text: str, words: str) -> tuple[str, str, str]:
    """Return the text before, at and after the first occurrence of `words`, without regard to case and accents.

    If the words do not occur, the third part is the beginning of the text.
    """
    plain = " ".join(_MARKERS.sub(" ", text).split())
    sought = " ".join(words.split())
    at = _without_accents(plain).find(_without_accents(sought))
    if at < 0:
        return "", "", _shortened(plain)
    start = max(0, at - BEFORE)
    if start:
        start = plain.find(" ", start, at) + 1 or start
    before = ("…" if start else "") + plain[start:at]
    end = at + len(sought)
    return before, plain[at:end], _shortened(plain[end:])


def _shortened(text: str) -> str:
    return text if len(text) <= AFTER else text[:AFTER].rsplit(" ", 1)[0] + "…"


def _without_accents(text: str) -> str:
    """Return the text without case and accents. The number of characters stays the same."""
    return "".join(map(_base, text))


@lru_cache(maxsize=1000)
def _base(character: str) -> str:
    """Return the character without case and accent. Cached: a page of results has millions, but few distinct ones."""
    return unicodedata.normalize("NFD", character)[0].lower()[:1]
