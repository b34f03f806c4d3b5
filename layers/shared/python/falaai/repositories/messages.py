"""Table `mensagens`: questions and replies, in a gapless `seq` per conversation.

Every caller has already found the conversation by its owner, or is a worker.
"""

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
    """One message; `sent_at` is UTC without a zone, `error` a machine word or nothing."""

    id: int
    seq: int
    author: Author
    text: str
    state: State
    sent_at: datetime
    error: str | None


# A reply nobody has written to for so long: its process is gone.
ABANDONED_SECONDS = 60

_COLUMNS = (
    "id, seq, remetente, conteudo, data_envio, erro, IF(estado = 'gerando' AND"
    f" escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND, 'interrompida', estado) AS estado"
)


def list_messages(sql: Statements, conversation_id: int, limit: int, before_seq: int | None) -> list[Message]:
    """The newest `limit` messages before `before_seq` (or of all), oldest first."""
    rows = sql.list(
        f"SELECT {_COLUMNS} FROM mensagens WHERE id_conversa = %s AND seq < %s"  # noqa: S608 - constant columns
        " ORDER BY seq DESC LIMIT %s",
        (conversation_id, before_seq or 2**31 - 1, limit),
    )
    return [_message(row) for row in reversed(rows)]


def find_question(sql: Statements, conversation_id: int, client_id: str) -> Message | None:
    """The question a client already sent under this id."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM mensagens WHERE id_conversa = %s AND chave = %s",  # noqa: S608 - constant
        (conversation_id, client_id),
    )
    return _message(row) if row else None


def find_by_seq(sql: Statements, conversation_id: int, seq: int) -> Message | None:
    row = sql.find(
        f"SELECT {_COLUMNS} FROM mensagens WHERE id_conversa = %s AND seq = %s",  # noqa: S608 - constant
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
    """An empty reply, about to be generated."""
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, escrita_em, estado)"
        " VALUES (%s, %s, 'ia', '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'gerando')",
        (conversation_id, seq),
    )


def restart_reply(sql: Statements, reply_id: int) -> None:
    """Empty a reply that failed or was interrupted, to generate it again in its place."""
    sql.run(
        "UPDATE mensagens SET conteudo = '', estado = 'gerando', erro = NULL, escrita_em = UTC_TIMESTAMP(6)"
        " WHERE id = %s",
        (reply_id,),
    )


def write_so_far(sql: Statements, reply_id: int, text: str) -> bool:
    """Keep what has come of a reply; False if it is no longer being generated: somebody stopped it."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, escrita_em = UTC_TIMESTAMP(6) WHERE id = %s AND estado = 'gerando'",
            (text, reply_id),
        )
    )


def finish_reply(
    sql: Statements,
    reply_id: int,
    text: str,
    state: State,
    *,
    error: str | None = None,
    model: str = "",
    tokens_in: int = 0,
    tokens_out: int = 0,
) -> bool:
    """The end of a reply, once; False if it had already ended."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, estado = %s, erro = %s, modelo = %s, tokens_entrada = %s,"
            " tokens_saida = %s, escrita_em = UTC_TIMESTAMP(6) WHERE id = %s AND estado = 'gerando'",
            (text, state, error, model or None, tokens_in, tokens_out, reply_id),
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


def delete_messages(sql: Statements, conversation_id: int, at_most: int) -> int:
    return sql.run("DELETE FROM mensagens WHERE id_conversa = %s LIMIT %s", (conversation_id, at_most))


def interrupt_abandoned(sql: Statements, at_most: int) -> int:
    """Write down what abandoned replies already read as."""
    return sql.run(
        "UPDATE mensagens SET estado = 'interrompida' WHERE estado = 'gerando'"
        " AND escrita_em < UTC_TIMESTAMP(6) - INTERVAL %s SECOND LIMIT %s",
        (ABANDONED_SECONDS, at_most),
    )


def _turn(row: Row) -> Turn:
    return Turn(row["seq"], row["remetente"], row["conteudo"])


def _message(row: Row) -> Message:
    return Message(
        id=row["id"],
        seq=row["seq"],
        author=row["remetente"],
        text=row["conteudo"],
        state=State(row["estado"]),
        sent_at=row["data_envio"],
        error=row["erro"],
    )
