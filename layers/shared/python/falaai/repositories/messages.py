"""Table `mensagens`: questions and replies, in a gapless `seq` per conversation.

A message with a negative `seq` belongs to a version that is not shown: see `versions`. Other modules hold the
statements of one subject: `exchanges`, `running_replies`, `abandoned_replies`, `searched_replies`, `turns`.

Every caller has already found the conversation by its owner, or is a worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from falaai.conversation_memory import Author
from falaai.database import Row, Statements
from falaai.grounding import Grounding, read_stored
from falaai.modes import Mode
from falaai.repositories.abandoned_replies import ABANDONED, IS_ABANDONED
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.facts import ToldFact, told_facts_of
from falaai.repositories.sent_attachments import MessageAttachment, attachments_of


class State(StrEnum):
    """State of a reply, as stored in the database. A question is always complete."""

    COMPLETE = "completa"
    GENERATING = "gerando"
    INTERRUPTED = "interrompida"
    FAILED = "erro"


# Characters of the HTML of a fact, which has its text twice.
_FACT_MARKUP = 220


@dataclass(frozen=True)
class Message:
    """One message.

    `seq` is its place in the conversation, also for a message of a hidden version; `branch` is the number of the
    hidden branch, 0 for a shown message. `version` is its number among the `versions` of this place.
    `sent_at` is naive UTC. `error` is the code of a failed reply, or None. `generation` is the number of the try.
    `mode` is the mode in which a reply is generated, and its question was asked. `model` is the model that answered.
    `searches` tells whether the message was sent with a web search. `grounding` is the search of a reply that has
    ended. Only `transcripts` reads the last fields: `attachments` of a question, `rating` and `rating_reason` of a
    reply, and `facts` that the question of a reply told.
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
    facts: tuple[ToldFact, ...] = ()

    @property
    def size(self) -> int:
        """The characters of the text, of its search and of its facts in an answer."""
        facts = sum(2 * len(fact.text) + _FACT_MARKUP for fact in self.facts)
        return len(self.text) + (self.grounding.size if self.grounding else 0) + facts


MESSAGE_COLUMNS = (
    "m.id, m.id_conversa, m.seq, m.posicao, m.ramo, m.versao, m.remetente, m.conteudo, m.data_envio, m.geracao,"
    " m.modo, m.modelo, m.buscar, m.pesquisa,"
    f" IF({IS_ABANDONED}, 'interrompida', m.estado) AS estado, IF({IS_ABANDONED}, '{ABANDONED}', m.erro) AS erro"
)


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
        facts=told_facts_of(row.get("fatos")),
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


def find_by_seq(sql: Statements, conversation_id: int, seq: int) -> Message | None:
    row = sql.find(
        f"SELECT {MESSAGE_COLUMNS} FROM mensagens m WHERE m.id_conversa = %s AND m.seq = %s",  # noqa: S608 - constant columns
        (conversation_id, seq),
    )
    return message_of(row) if row else None


def delete_messages(sql: Statements, conversation_ids: Sequence[int], at_most: int) -> int:
    """Delete at most `at_most` messages of conversations that the caller has locked. Returns the number deleted."""
    return sql.run("DELETE FROM mensagens WHERE id_conversa IN %s LIMIT %s", (tuple(conversation_ids), at_most))
