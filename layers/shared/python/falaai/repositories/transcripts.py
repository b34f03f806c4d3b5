"""Conversations together with their messages, in one statement where two tables would be two."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from falaai.conversation_memory import Turn
from falaai.database import Row, Statements
from falaai.repositories.conversations import Conversation, conversation_of
from falaai.repositories.messages import MESSAGE_COLUMNS, Message, message_of, turn_of

# More than this never fit into the memory's limit; it bounds the read of a conversation that was never folded.
TURNS_READ = 400

_CONVERSATION = (
    "c.id AS conversa, c.id_usuario, c.titulo_conversa, c.data_criacao, c.data_atualizacao, c.fixada, c.ultima_seq,"
    " c.titulo_manual, c.resumo_ate_seq, c.resumo_versao"
)


@dataclass(frozen=True)
class Exchange:
    """A question, the place of its reply, and what the model may know: the summary and the turns after it, the
    question last. `is_repeated` if this person has another question with the client_id."""

    conversation: Conversation
    question_id: int
    reply_id: int
    turns: tuple[Turn, ...]
    is_repeated: bool = False


def find_exchange(
    sql: Statements, user_id: int, conversation_id: int, reply_seq: int, client_id: str | None = None
) -> Exchange | None:
    """A summary that tells of the question already is left out; the messages it was made of are still there."""
    question_seq = reply_seq - 1
    rows = sql.list(
        f"SELECT {_CONVERSATION},"  # noqa: S608 - constant columns
        " IF(m.seq = %s AND c.resumo_ate_seq < %s, c.resumo, NULL) AS resumo,"
        " (SELECT COUNT(*) FROM mensagens k JOIN conversas d ON d.id = k.id_conversa"
        "  WHERE k.chave = %s AND d.id_usuario = %s) AS iguais,"
        " m.id, m.seq, m.remetente, m.conteudo"
        " FROM conversas c JOIN mensagens m ON m.id_conversa = c.id"
        " WHERE c.id_usuario = %s AND c.id = %s AND m.seq > %s AND m.seq <= %s"
        " AND m.seq > IF(c.resumo_ate_seq < %s, c.resumo_ate_seq, 0)"
        " AND (m.seq = %s OR (m.estado <> 'gerando' AND m.conteudo <> '')) ORDER BY m.seq DESC",
        (
            *(reply_seq, question_seq),
            *(client_id, user_id),
            *(user_id, conversation_id, question_seq - TURNS_READ, reply_seq),
            question_seq,
            reply_seq,
        ),
    )
    if len(rows) < 2:
        return None
    reply, question, *_ = rows
    return Exchange(
        _conversation(reply),
        question["id"],
        reply["id"],
        tuple(turn_of(row) for row in reversed(rows[1:])),
        question["iguais"] > 1,
    )


@dataclass(frozen=True)
class Page:
    """A conversation, some of its messages, oldest first, and how many its owner has sent today."""

    conversation: Conversation
    messages: list[Message]
    used_today: int


def find_page(
    sql: Statements, user_id: int, conversation_id: int, today: date, limit: int, before_seq: int | None = None
) -> Page | None:
    """The newest `limit` messages before `before_seq` (or of all). The conversation comes without its summary, which
    is the model's."""
    rows = sql.list(
        f"SELECT {_CONVERSATION}, NULL AS resumo, {MESSAGE_COLUMNS},"  # noqa: S608 - constant columns
        " (SELECT u.mensagens FROM uso_diario u WHERE u.id_usuario = %s AND u.dia = %s) AS usadas"
        " FROM conversas c LEFT JOIN mensagens m ON m.id_conversa = c.id AND m.seq < %s"
        " WHERE c.id_usuario = %s AND c.id = %s ORDER BY m.seq DESC LIMIT %s",
        (user_id, today, before_seq or 2**31 - 1, user_id, conversation_id, limit),
    )
    if not rows:
        return None
    return Page(_conversation(rows[0]), list(_messages(reversed(rows))), rows[0]["usadas"] or 0)


def _messages(rows: Iterable[Row]) -> Iterable[Message]:
    return (message_of(row) for row in rows if row["id"] is not None)


def _conversation(row: Row) -> Conversation:
    return conversation_of({**row, "id": row["conversa"]})
