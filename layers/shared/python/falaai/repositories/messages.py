"""Table `mensagens`: questions and replies, in a gapless `seq` per conversation.

Every caller has already found the conversation by its owner, or is a worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from falaai.conversation_memory import Author, Turn
from falaai.database import Row, Statements


class State(StrEnum):
    """A reply's life, in the words of the database; a question is complete from the start."""

    COMPLETE = "completa"
    GENERATING = "gerando"
    INTERRUPTED = "interrompida"
    FAILED = "erro"


@dataclass(frozen=True)
class Message:
    """One message; `sent_at` is UTC without a zone, `error` a machine word or nothing, and `generation` the
    number of the try at a reply."""

    id: int
    conversation_id: int
    seq: int
    author: Author
    text: str
    state: State
    sent_at: datetime
    error: str | None
    generation: int


# A reply nobody has written to for so long: its process is gone.
ABANDONED_SECONDS = 60

ABANDONED = "abandoned"  # its `error`; a reply that somebody stopped has none

_IS_ABANDONED = f"m.estado = 'gerando' AND m.escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"
_COLUMNS = (
    "m.id, m.id_conversa, m.seq, m.remetente, m.conteudo, m.data_envio, m.geracao,"
    f" IF({_IS_ABANDONED}, 'interrompida', m.estado) AS estado, IF({_IS_ABANDONED}, '{ABANDONED}', m.erro) AS erro"
)


def list_messages(sql: Statements, conversation_id: int, limit: int, before_seq: int | None) -> list[Message]:
    """The newest `limit` messages before `before_seq` (or of all), oldest first."""
    rows = sql.list(
        f"SELECT {_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s AND m.seq < %s"  # noqa: S608 - constant columns
        " ORDER BY m.seq DESC LIMIT %s",
        (conversation_id, before_seq or 2**31 - 1, limit),
    )
    return [_message(row) for row in reversed(rows)]


def list_all_messages(sql: Statements, conversation_id: int) -> list[Message]:
    """Every message, oldest first, for taking a conversation away."""
    rows = sql.list(
        f"SELECT {_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s ORDER BY m.seq",  # noqa: S608 - constant columns
        (conversation_id,),
    )
    return [_message(row) for row in rows]


def find_message(sql: Statements, user_id: int, message_id: int) -> Message | None:
    """A message of one of this person's conversations."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant columns
        " WHERE m.id = %s AND c.id_usuario = %s",
        (message_id, user_id),
    )
    return _message(row) if row else None


def find_question(sql: Statements, user_id: int, client_id: str) -> Message | None:
    """The question this person's client already sent under this id, in whichever conversation."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant columns
        " WHERE m.chave = %s AND c.id_usuario = %s LIMIT 1",
        (client_id, user_id),
    )
    return _message(row) if row else None


def find_by_seq(sql: Statements, conversation_id: int, seq: int) -> Message | None:
    row = sql.find(
        f"SELECT {_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s AND m.seq = %s",  # noqa: S608 - constant columns
        (conversation_id, seq),
    )
    return _message(row) if row else None


def add_question(sql: Statements, conversation_id: int, seq: int, text: str, client_id: str | None) -> int:
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, estado, chave)"
        " VALUES (%s, %s, 'usuario', %s, UTC_TIMESTAMP(6), 'completa', %s)",
        (conversation_id, seq, text, client_id),
    )


def add_reply(sql: Statements, conversation_id: int, seq: int) -> int:
    """An empty reply, about to be generated for the first time."""
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, escrita_em, estado)"
        " VALUES (%s, %s, 'ia', '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'gerando')",
        (conversation_id, seq),
    )


def change_question(sql: Statements, question_id: int, text: str, client_id: str | None) -> None:
    sql.run("UPDATE mensagens SET conteudo = %s, chave = %s WHERE id = %s", (text, client_id, question_id))


def delete_after(sql: Statements, conversation_id: int, seq: int) -> int:
    """What followed a question that was replaced."""
    return sql.run("DELETE FROM mensagens WHERE id_conversa = %s AND seq > %s", (conversation_id, seq))


def restart_reply(sql: Statements, reply: Message) -> int:
    """Empty a reply to generate it again in its place; the number of the new try."""
    sql.run(
        "UPDATE mensagens SET conteudo = '', estado = 'gerando', erro = NULL, geracao = %s,"
        " escrita_em = UTC_TIMESTAMP(6) WHERE id = %s",
        (reply.generation + 1, reply.id),
    )
    return reply.generation + 1


def stop_reply(sql: Statements, reply_id: int) -> bool:
    """End a reply that is being generated; False if it had already ended."""
    return bool(
        sql.run("UPDATE mensagens SET estado = 'interrompida' WHERE id = %s AND estado = 'gerando'", (reply_id,))
    )


def write_so_far(sql: Statements, reply_id: int, generation: int, text: str) -> bool:
    """Keep what has come of this try; False if it is no longer the one being generated: somebody stopped it."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, escrita_em = UTC_TIMESTAMP(6)"
            " WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (text, reply_id, generation),
        )
    )


def keep_stopped_text(sql: Statements, reply_id: int, generation: int, text: str) -> None:
    """What had come when somebody stopped this try, unless a newer try has begun."""
    sql.run(
        "UPDATE mensagens SET conteudo = %s WHERE id = %s AND geracao = %s AND estado = 'interrompida'",
        (text, reply_id, generation),
    )


@dataclass(frozen=True)
class Ending:
    """How a try at a reply ended, and what it cost."""

    text: str
    state: State
    error: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


def finish_reply(sql: Statements, reply_id: int, generation: int, ending: Ending) -> bool:
    """The end of this try, once; False if it had already ended."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, estado = %s, erro = %s, modelo = %s, tokens_entrada = %s,"
            " tokens_saida = %s, escrita_em = UTC_TIMESTAMP(6) WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (
                ending.text,
                ending.state,
                ending.error,
                ending.model or None,
                ending.tokens_in,
                ending.tokens_out,
                reply_id,
                generation,
            ),
        )
    )


_TURNS = (
    "SELECT seq, remetente, conteudo FROM mensagens"
    " WHERE id_conversa = %s AND seq > %s AND seq <= %s AND estado <> 'gerando' AND conteudo <> ''"
)


def list_newest_turns(
    sql: Statements, conversation_id: int, after_seq: int, until_seq: int, limit: int
) -> list[Turn]:
    """What the model may see, oldest first: questions, and replies that have text and are not being written."""
    rows = sql.list(f"{_TURNS} ORDER BY seq DESC LIMIT %s", (conversation_id, after_seq, until_seq, limit))
    return [_turn(row) for row in reversed(rows)]


def list_oldest_turns(
    sql: Statements, conversation_id: int, after_seq: int, until_seq: int, limit: int
) -> list[Turn]:
    """The same from the other end: what is to be folded first."""
    return [
        _turn(row)
        for row in sql.list(f"{_TURNS} ORDER BY seq LIMIT %s", (conversation_id, after_seq, until_seq, limit))
    ]


def delete_messages(sql: Statements, conversation_ids: Sequence[int], at_most: int) -> int:
    """Some of the messages of conversations that the caller has locked."""
    return sql.run("DELETE FROM mensagens WHERE id_conversa IN %s LIMIT %s", (tuple(conversation_ids), at_most))


_ABANDONED = f"estado = 'gerando' AND escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"


def interrupt_abandoned(sql: Statements, at_most: int) -> int:
    """Write down what abandoned replies already read as."""
    return sql.run(
        f"UPDATE mensagens SET estado = 'interrompida', erro = %s WHERE {_ABANDONED} LIMIT %s",  # noqa: S608 - constant
        (ABANDONED, at_most),
    )


def count_abandoned(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM mensagens WHERE {_ABANDONED}")  # noqa: S608 - constant condition


def _turn(row: Row) -> Turn:
    return Turn(row["seq"], row["remetente"], row["conteudo"])


def _message(row: Row) -> Message:
    return Message(
        id=row["id"],
        conversation_id=row["id_conversa"],
        seq=row["seq"],
        author=row["remetente"],
        text=row["conteudo"],
        state=State(row["estado"]),
        sent_at=row["data_envio"],
        error=row["erro"],
        generation=row["geracao"],
    )
