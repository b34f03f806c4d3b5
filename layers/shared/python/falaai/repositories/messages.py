"""Table `mensagens`: questions and replies, in a gapless `seq` per conversation.

A message with a negative `seq` belongs to a version that is not shown: see `versions`.

Every caller has already found the conversation by its owner, or is a worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from falaai.conversation_memory import Author, Turn
from falaai.database import Row, Statements
from falaai.grounding import KEPT_MONTHS, Grounding, Notice, read_stored
from falaai.modes import Mode
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.sent_attachments import MessageAttachment, attachments_of


class State(StrEnum):
    """State of a reply, as stored in the database. A question is always complete."""

    COMPLETE = "completa"
    GENERATING = "gerando"
    INTERRUPTED = "interrompida"
    FAILED = "erro"


@dataclass(frozen=True)
class Message:
    """One message.

    `seq` is its place in the conversation, also for a message of a hidden version; `branch` is the number of the
    hidden branch, 0 for a shown message. `version` is its number among the `versions` of this place.
    `sent_at` is naive UTC. `error` is the code of a failed reply, or None. `generation` is the number of the try.
    `mode` is the mode in which a reply is generated, and its question was asked. `model` is the model that answered.
    `searches` tells whether the message was sent with a web search. `grounding` is the search of a reply that has
    ended. `attachments` are those of a question, `rating` and `rating_reason` those of a reply; only `transcripts`
    reads these.
    """

    id: int
    conversation_id: int
    seq: int
    author: Author
    text: str
    state: State
    sent_at: datetime
    error: str | None
    generation: int
    branch: int = 0
    version: int = 1
    versions: int = 1
    mode: Mode = Mode.FAST
    model: str | None = None
    searches: bool = False
    grounding: Grounding | None = None
    attachments: tuple[MessageAttachment, ...] = ()
    rating: str | None = None
    rating_reason: str | None = None

    @property
    def size(self) -> int:
        """The characters of the text and of its search in an answer."""
        return len(self.text) + (self.grounding.size if self.grounding else 0)


# A reply that gets no new text for this time is abandoned: its process has ended.
ABANDONED_SECONDS = 60

ABANDONED = "abandoned"  # the `error` of an abandoned reply; a stopped one has none

_IS_ABANDONED = f"m.estado = 'gerando' AND m.escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"
# Once the end of such a try is stored, it no longer counts as a message of its user.
_ABANDONED_EMPTY_AT = f"IF({_IS_ABANDONED} AND m.conteudo = '', m.escrita_em, NULL) AS abandonada_em"
IS_BEING_WRITTEN = f"(m.estado = 'gerando' AND NOT ({_IS_ABANDONED}))"
IS_GROUNDED = "m.buscada_em IS NOT NULL"
MESSAGE_COLUMNS = (
    "m.id, m.id_conversa, m.seq, m.posicao, m.ramo, m.versao, m.remetente, m.conteudo, m.data_envio, m.geracao,"
    " m.modo, m.modelo, m.buscar, m.pesquisa,"
    f" IF({_IS_ABANDONED}, 'interrompida', m.estado) AS estado, IF({_IS_ABANDONED}, '{ABANDONED}', m.erro) AS erro"
)


def list_messages(sql: Statements, conversation_id: int, after_seq: int, limit: int) -> list[Message]:
    """List the shown messages after a seq, oldest first."""
    rows = sql.list(
        f"SELECT {MESSAGE_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s AND m.seq > %s"  # noqa: S608 - constant columns
        " ORDER BY m.seq LIMIT %s",
        (conversation_id, after_seq, limit),
    )
    return [message_of(row) for row in rows]


def find_message(sql: Statements, user_id: int, message_id: int) -> Message | None:
    """Find a message in one of the user's conversations."""
    row = sql.find(
        f"SELECT {MESSAGE_COLUMNS} FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant columns
        f" WHERE m.id = %s AND c.id_usuario = %s AND c.{IS_KEPT}",
        (message_id, user_id),
    )
    return message_of(row) if row else None


@dataclass(frozen=True)
class Locked:
    """A message, locked with its conversation until the transaction ends.

    `last_seq` and `next_branch` are those of the conversation. `parent_id` is the shown message before it, 0 if there
    is none. `abandoned_empty_at` is the UTC time of a try that was abandoned without text and still counts as a
    message of its user. `attachment_ids` are the attachments of a question.
    """

    message: Message
    client_id: str | None
    last_seq: int
    next_branch: int
    parent_id: int
    abandoned_empty_at: datetime | None
    attachment_ids: frozenset[int] = frozenset()


_PARENT = "COALESCE((SELECT a.id FROM mensagens a WHERE a.id_conversa = m.id_conversa AND a.seq = m.seq - 1), 0)"
_OTHERS = f"(SELECT COUNT(*) FROM mensagens v WHERE v.id_conversa = m.id_conversa AND v.pai = {_PARENT})"  # noqa: S608 - constant
# Without the hint, TiDB joins the whole index of attachments.
_ATTACHMENT_IDS = "(SELECT /*+ NO_DECORRELATE() */ GROUP_CONCAT(x.id) FROM anexos x WHERE x.id_mensagem = m.id)"
_LOCKED_COLUMNS = (
    f"{MESSAGE_COLUMNS}, {_ABANDONED_EMPTY_AT}, m.chave, c.ultima_seq, c.proximo_ramo, {_PARENT} AS anterior,"
    f" {_OTHERS} AS outras, {_ATTACHMENT_IDS} AS anexos_ids"
)


def lock_message(sql: Statements, user_id: int, message_id: int) -> Locked | None:
    """Lock a message of the user and its conversation until the transaction ends."""
    row = sql.find(
        f"SELECT {_LOCKED_COLUMNS}"  # noqa: S608 - constant columns
        " FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        f" WHERE m.id = %s AND c.id_usuario = %s AND c.{IS_KEPT} FOR UPDATE",
        (message_id, user_id),
    )
    return _locked(row) if row else None


def lock_exchanges(
    sql: Statements, user_id: int, client_id: str | None, question_id: int | None = None
) -> list[Locked]:
    """Lock the user's question with this client_id, in any conversation, and the question with this id.

    Returns each question and its reply. They and their conversations stay locked until the transaction ends.
    """
    rows = sql.list(
        f"SELECT {_LOCKED_COLUMNS} FROM mensagens p"  # noqa: S608 - constant columns
        " JOIN conversas c ON c.id = p.id_conversa"
        " JOIN mensagens m ON m.id_conversa = p.id_conversa AND m.seq IN (p.seq, p.seq + SIGN(p.seq))"
        " WHERE (p.chave = %s OR p.id = %s) AND p.remetente = 'usuario' AND c.id_usuario = %s"
        f" AND c.{IS_KEPT} FOR UPDATE",
        (client_id, question_id, user_id),
    )
    return [_locked(row) for row in rows]


def _locked(row: Row) -> Locked:
    return Locked(
        message_of(row),
        row["chave"],
        row["ultima_seq"],
        row["proximo_ramo"],
        row["anterior"],
        row["abandonada_em"],
        frozenset(int(one) for one in (row["anexos_ids"] or "").split(",") if one),
    )


def find_by_seq(sql: Statements, conversation_id: int, seq: int) -> Message | None:
    row = sql.find(
        f"SELECT {MESSAGE_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s AND m.seq = %s",  # noqa: S608 - constant columns
        (conversation_id, seq),
    )
    return message_of(row) if row else None


def add_exchange(
    sql: Statements,
    conversation_id: int,
    reply_seq: int,
    text: str,
    client_id: str | None,
    transaction_key: str,
    mode: Mode,
    version: int = 1,
    *,
    searches: bool = False,
) -> int:
    """Add a question and, after it, an empty reply that is about to be generated. Returns the id of the question.

    An edited question is a new `version` in the place of the old one. A client_id that this conversation has already
    is MySQL error 1062 (IntegrityError).
    """
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, escrita_em, estado, chave, versao,"
        " modo, buscar, buscada_em)"
        " VALUES (%s, %s, 'usuario', %s, UTC_TIMESTAMP(6), NULL, 'completa', %s, %s, %s, %s, NULL),"
        " (%s, %s, 'ia', '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'gerando', %s, 1, %s, %s,"
        " IF(%s, UTC_TIMESTAMP(6), NULL))",
        (
            *(conversation_id, reply_seq - 1, text, client_id, version, mode, searches),
            *(conversation_id, reply_seq, transaction_key, mode, searches, searches),
        ),
    )


def has_transaction_key(sql: Statements, user_id: int, transaction_key: str) -> bool:
    """Return whether the transaction with this key has added or restarted one of the user's replies.

    A deletion of the conversation after that changes nothing about it.
    """
    return (
        sql.find(
            "SELECT m.id FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
            " WHERE m.chave = %s AND c.id_usuario = %s LIMIT 1",
            (transaction_key, user_id),
        )
        is not None
    )


def update_restarted_reply(
    sql: Statements, reply: Message, transaction_key: str, version: int, mode: Mode, *, searches: bool = False
) -> int:
    """Empty a locked reply, to generate it again in its place. Returns the number of the new try.

    `version` is the number that its new text has among its versions.
    """
    sql.run(
        "UPDATE mensagens SET conteudo = '', estado = 'gerando', erro = NULL, geracao = %s, chave = %s, versao = %s,"
        " modo = %s, modelo = NULL, escrita_em = UTC_TIMESTAMP(6), buscar = %s,"
        " buscada_em = IF(%s, UTC_TIMESTAMP(6), NULL), pesquisa = NULL, sugestoes = NULL WHERE id = %s",
        (reply.generation + 1, transaction_key, version, mode, searches, searches, reply.id),
    )
    return reply.generation + 1


def update_stopped_reply(sql: Statements, reply_id: int) -> bool:
    """End a reply that is being generated. Returns False if it had already ended."""
    return bool(
        sql.run("UPDATE mensagens SET estado = 'interrompida' WHERE id = %s AND estado = 'gerando'", (reply_id,))
    )


def list_running(sql: Statements, user_id: int) -> list[int]:
    """Return the ids of the user's replies that are being generated. It reads the running replies of all users."""
    rows = sql.list(
        "SELECT m.id FROM mensagens m FORCE INDEX (mensagens_gerando) JOIN conversas c ON c.id = m.id_conversa"
        " WHERE m.estado = 'gerando' AND c.id_usuario = %s",
        (user_id,),
    )
    return [row["id"] for row in rows]


def save_partial_text(sql: Statements, reply_id: int, generation: int, text: str) -> bool:
    """Store the text of this try so far. Returns False if the try has ended, for example by the user's stop."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, escrita_em = UTC_TIMESTAMP(6)"
            " WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (text, reply_id, generation),
        )
    )


def save_stopped_text(sql: Statements, reply_id: int, generation: int, text: str) -> bool:
    """Store the text that a stopped try had at its end. Returns False if a newer try has begun."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s WHERE id = %s AND geracao = %s AND estado = 'interrompida'",
            (text, reply_id, generation),
        )
    )


# Length of the column `modelo`.
MODEL_MAX_CHARACTERS = 64


@dataclass(frozen=True)
class ReplyResult:
    """The end of a try at a reply: text, state, error, the model that really answered, tokens, and its search."""

    text: str
    state: State
    error: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    grounding: Grounding | None = None

    @property
    def may_be_grounded(self) -> bool:
        """Return whether the text may come from a search, if a search was asked for."""
        return bool(self.text) and (self.grounding is None or self.grounding.notice is None)


def update_finished_reply(sql: Statements, reply_id: int, generation: int, ending: ReplyResult) -> bool:
    """Store the end of this try. Returns False, and changes nothing, if the try had already ended."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, estado = %s, erro = %s, modelo = %s, tokens_entrada = %s,"
            " tokens_saida = %s, escrita_em = UTC_TIMESTAMP(6), pesquisa = %s, sugestoes = %s,"
            " buscada_em = IF(%s, buscada_em, NULL)"
            " WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (
                *(ending.text, ending.state, ending.error, ending.model[:MODEL_MAX_CHARACTERS] or None),
                *(ending.tokens_in, ending.tokens_out),
                ending.grounding.stored() if ending.grounding else None,
                ending.grounding.suggestions or None if ending.grounding else None,
                *(ending.may_be_grounded, reply_id, generation),
            ),
        )
    )


def has_final_state(sql: Statements, reply_id: int, generation: int, state: State) -> bool:
    """Return whether this try has ended in this state. It is asked after a lost answer to `update_finished_reply`."""
    row = sql.find("SELECT estado FROM mensagens WHERE id = %s AND geracao = %s", (reply_id, generation))
    return row is not None and row["estado"] == state


def list_oldest_turns(
    sql: Statements, conversation_id: int, after_seq: int, until_seq: int, limit: int
) -> list[Turn]:
    """List the oldest turns that a summary may cover: questions, and replies that have text.

    The list ends before the first reply that is still being generated: a summary of later turns would never contain
    the text of that reply.
    """
    rows = sql.list(
        f"SELECT m.seq, m.remetente, m.conteudo, {IS_GROUNDED} AS buscada, {IS_BEING_WRITTEN} AS sendo_escrita"  # noqa: S608 - constant
        " FROM mensagens m"
        " WHERE m.id_conversa = %s AND m.seq > %s AND m.seq <= %s"
        f" AND (m.conteudo <> '' OR {IS_BEING_WRITTEN}) ORDER BY m.seq LIMIT %s",
        (conversation_id, after_seq, until_seq, limit),
    )
    return [turn_of(row) for row in takewhile(lambda row: not row["sendo_escrita"], rows)]


def delete_messages(sql: Statements, conversation_ids: Sequence[int], at_most: int) -> int:
    """Delete at most `at_most` messages of conversations that the caller has locked. Returns the number deleted."""
    return sql.run("DELETE FROM mensagens WHERE id_conversa IN %s LIMIT %s", (tuple(conversation_ids), at_most))


_ABANDONED = f"estado = 'gerando' AND escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"


@dataclass(frozen=True)
class Abandoned:
    """An abandoned reply, its user, its mode, whether it was to search, the UTC time of its process's last save, and
    whether it has text.
    """

    id: int
    user_id: int
    mode: Mode
    searches: bool
    written_at: datetime
    has_text: bool


def lock_abandoned_replies(sql: Statements, at_most: int) -> list[Abandoned]:
    """Lock abandoned replies until the transaction ends."""
    rows = sql.list(
        "SELECT m.id, c.id_usuario, m.modo, m.buscar, m.escrita_em, m.conteudo <> '' AS tem_texto"  # noqa: S608 - constant condition
        f" FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE {_IS_ABANDONED} LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return [
        Abandoned(
            *(row["id"], row["id_usuario"], Mode(row["modo"]), bool(row["buscar"])),
            *(row["escrita_em"], bool(row["tem_texto"])),
        )
        for row in rows
    ]


def update_abandoned_replies(sql: Statements, ids: Sequence[int]) -> int:
    """Store the state `interrompida` for abandoned replies, which is how they are already shown."""
    return sql.run(
        "UPDATE mensagens SET estado = 'interrompida', erro = %s WHERE id IN %s AND estado = 'gerando'",
        (ABANDONED, tuple(ids)),
    )


def count_abandoned(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM mensagens WHERE {_ABANDONED}")  # noqa: S608 - constant condition


def find_suggestions(sql: Statements, user_id: int, message_id: int) -> str | None:
    """Return Google's HTML that belongs to a reply of the user, or None."""
    row = sql.find(
        "SELECT m.sugestoes FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant
        f" WHERE m.id = %s AND c.id_usuario = %s AND c.{IS_KEPT}",
        (message_id, user_id),
    )
    return row["sugestoes"] if row else None


_OLD_SEARCH = f"buscada_em < UTC_TIMESTAMP(6) - INTERVAL {KEPT_MONTHS} MONTH"


def update_expired_searches(sql: Statements, at_most: int, text: str) -> int:
    """Replace text and search of replies that may no longer be kept, shown or hidden ones. Returns their number."""
    return sql.run(
        "UPDATE mensagens SET conteudo = %s, pesquisa = %s, sugestoes = NULL, buscada_em = NULL"  # noqa: S608 - constant condition
        f" WHERE {_OLD_SEARCH} ORDER BY buscada_em LIMIT %s",
        (text, Grounding(notice=Notice.EXPIRED).stored(), at_most),
    )


def count_expired_searches(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM mensagens WHERE {_OLD_SEARCH}")  # noqa: S608 - constant condition


def turn_of(row: Row) -> Turn:
    return Turn(row["seq"], row["remetente"], row["conteudo"], bool(row["buscada"]))


def message_of(row: Row) -> Message:
    return Message(
        id=row["id"],
        conversation_id=row["id_conversa"],
        seq=row["posicao"] or row["seq"],
        author=row["remetente"],
        text=row["conteudo"],
        state=State(row["estado"]),
        sent_at=row["data_envio"],
        error=row["erro"],
        generation=row["geracao"],
        branch=row["ramo"] or 0,
        version=row["versao"],
        versions=1 + (row.get("outras") or 0),
        mode=Mode(row["modo"]),
        model=row.get("modelo"),
        searches=bool(row.get("buscar")),
        grounding=read_stored(row["pesquisa"]) if row.get("pesquisa") else None,
        attachments=attachments_of(row.get("anexos")),
        rating=row.get("nota"),
        rating_reason=row.get("motivo_nota"),
    )
