"""Rows as the contract shows them: Portuguese field names, times that a browser understands."""

from datetime import UTC, datetime
from typing import Any

from falaai.markdown import to_html
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message


def conversation_shape(conversation: Conversation) -> dict[str, Any]:
    """{id, titulo_conversa, data_criacao, data_atualizacao, fixada}, times in milliseconds since 1970."""
    return {
        "id": conversation.id,
        "titulo_conversa": conversation.title,
        "data_criacao": _milliseconds(conversation.created_at),
        "data_atualizacao": _milliseconds(conversation.updated_at),
        "fixada": conversation.is_pinned,
    }


def message_shape(message: Message) -> dict[str, Any]:
    """{id, seq, remetente, conteudo, html, estado, erro, data_envio}; only a reply has HTML and can have an error."""
    is_reply = message.author == "ia"
    return {
        "id": message.id,
        "seq": message.seq,
        "remetente": "bot" if is_reply else "usuario",
        "conteudo": message.text,
        "html": to_html(message.text) if is_reply else None,
        "estado": message.state.value,
        "erro": message.error,
        "data_envio": message.sent_at.isoformat(timespec="milliseconds") + "Z",
    }


def _milliseconds(utc: datetime) -> int:
    return round(utc.replace(tzinfo=UTC).timestamp() * 1000)
