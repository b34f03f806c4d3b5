"""Conversations together with their messages, in one statement where two tables would be two."""

from dataclasses import dataclass
from datetime import date

from falaai.conversation_memory import Turn
from falaai.database import Statements
from falaai.repositories.conversations import Conversation, conversation_of, is_untitled
from falaai.repositories.messages import (
    ABANDONED_SECONDS,
    IS_BEING_WRITTEN,
    MESSAGE_COLUMNS,
    Message,
    message_of,
    turn_of,
)

# More than this never fit into the memory's limit; it bounds the read of a conversation that was never folded.
TURNS_READ = 400


@dataclass(frozen=True)
class Exchange:
    """A question, the row of its reply, and the context for the model: the summary and the turns after it, the
    question last. `running` counts the person's replies that are being generated, this one included."""

    question_id: int
    reply_id: int
    turns: tuple[Turn, ...]
    summary: str
    is_untitled: bool
    running: int


def find_exchange(sql: Statements, user_id: int, conversation_id: int, reply_seq: int) -> Exchange | None:
    """Return a question with its context. A summary that covers the question itself is left out."""
    question_seq = reply_seq - 1
    rows = sql.list(
        "SELECT m.id, m.seq, m.remetente, m.conteudo, c.titulo_conversa, c.titulo_manual,"  # noqa: S608 - constant condition
        " IF(m.seq = %s AND c.resumo_ate_seq < %s, c.resumo, NULL) AS resumo,"
        # From the few replies that anyone has being generated, not from everything this person ever wrote.
        " (SELECT STRAIGHT_JOIN COUNT(*) FROM mensagens g JOIN conversas e ON e.id = g.id_conversa"
        "  WHERE g.estado = 'gerando' AND e.id_usuario = %s"
        f" AND g.escrita_em >= UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND) AS correndo"
        " FROM conversas c JOIN mensagens m ON m.id_conversa = c.id"
        " WHERE c.id_usuario = %s AND c.id = %s AND m.seq > %s AND m.seq <= %s"
        " AND m.seq > IF(c.resumo_ate_seq < %s, c.resumo_ate_seq, 0)"
        f" AND (m.seq = %s OR (NOT {IS_BEING_WRITTEN} AND m.conteudo <> '')) ORDER BY m.seq DESC",
        (
            *(reply_seq, question_seq),
            user_id,
            *(user_id, conversation_id, question_seq - TURNS_READ, reply_seq),
            question_seq,
            reply_seq,
        ),
    )
    if len(rows) < 2:
        return None
    reply, question, *_ = rows
    return Exchange(
        question["id"],
        reply["id"],
        tuple(turn_of(row) for row in reversed(rows[1:])),
        reply["resumo"] or "",
        is_untitled(reply["titulo_conversa"], bool(reply["titulo_manual"])),
        reply["correndo"],
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
        "SELECT m.*, c.id AS conversa, c.id_usuario, c.titulo_conversa, c.data_criacao, c.data_atualizacao, c.fixada,"  # noqa: S608 - constant columns
        " c.ultima_seq, c.titulo_manual, NULL AS resumo, c.resumo_ate_seq, c.resumo_versao,"
        " (SELECT u.mensagens FROM uso_diario u WHERE u.id_usuario = %s AND u.dia = %s) AS usadas"
        f" FROM conversas c LEFT JOIN (SELECT {MESSAGE_COLUMNS} FROM mensagens m"
        " WHERE m.id_conversa = %s AND m.seq < %s ORDER BY m.seq DESC LIMIT %s) m ON m.id_conversa = c.id"
        " WHERE c.id_usuario = %s AND c.id = %s",
        (user_id, today, conversation_id, before_seq or 2**31 - 1, limit, user_id, conversation_id),
    )
    if not rows:
        return None
    any_row = rows[0]
    conversation = conversation_of({**any_row, "id": any_row["conversa"]})
    messages = sorted((message_of(row) for row in rows if row["id"] is not None), key=lambda message: message.seq)
    return Page(conversation, messages, any_row["usadas"] or 0)
