"""Table `fatos`: facts that users told about themselves.

A fact with a source message belongs to a question of the user. While that question is hidden by another version, no
prompt has the fact.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements
from falaai.repositories.conversations import IS_KEPT

# Facts of one user. A prompt has the newest ones that fit.
MOST_FACTS = 200


@dataclass(frozen=True)
class Fact:
    """One fact. `conversation_id` and `seq` are the place of its message, None without one that is shown."""

    id: int
    text: str
    created_at: datetime
    conversation_id: int | None
    seq: int | None


@dataclass(frozen=True)
class ToldFact:
    """A fact under the reply to the question that it comes from."""

    id: int
    text: str


# The user's facts of each question as one JSON text, so that a page of messages takes one statement. Its parameter is
# the user.
BY_QUESTION = (
    "SELECT t.id_mensagem, JSON_ARRAYAGG(JSON_OBJECT('id', t.id, 'text', t.texto)) AS fatos"
    " FROM fatos t FORCE INDEX (fatos_usuario) WHERE t.id_usuario = %s AND t.id_mensagem IS NOT NULL"
    " GROUP BY t.id_mensagem"
)


def told_facts_of(text: str | None) -> tuple[ToldFact, ...]:
    """Read one `fatos` of BY_QUESTION, in the order in which the facts were stored."""
    found = [ToldFact(int(one["id"]), str(one["text"])) for one in json.loads(text or "[]")]
    return tuple(sorted(found, key=lambda one: one.id))


_PLACED = (
    "SELECT f.id, f.texto, f.criado_em, c.id AS id_conversa, m.seq FROM fatos f"  # noqa: S608 - constant
    " LEFT JOIN mensagens m ON m.id = f.id_mensagem AND m.seq > 0"
    f" LEFT JOIN conversas c ON c.id = m.id_conversa AND c.{IS_KEPT}"
    " WHERE f.id_usuario = %s"
)


def list_facts(sql: Statements, user_id: int) -> list[Fact]:
    """List the user's facts, newest first."""
    rows = sql.list(f"{_PLACED} ORDER BY f.id DESC LIMIT %s", (user_id, MOST_FACTS))
    return [_fact_of(row) for row in rows]


def find_fact(sql: Statements, user_id: int, fact_id: int) -> Fact | None:
    row = sql.find(f"{_PLACED} AND f.id = %s", (user_id, fact_id))
    return _fact_of(row) if row else None


def count_facts(sql: Statements, user_id: int) -> int:
    return sql.count("SELECT COUNT(*) FROM fatos WHERE id_usuario = %s", (user_id,))


def add_fact(sql: Statements, user_id: int, text: str) -> int:
    """Add a fact that the user wrote on the page. Returns its id."""
    return sql.insert(
        "INSERT INTO fatos (id_usuario, texto, criado_em) VALUES (%s, %s, UTC_TIMESTAMP(6))", (user_id, text)
    )


def add_told_fact(
    sql: Statements, user_id: int, conversation_id: int, seq: int, message: str, text: str
) -> int | None:
    """Add a fact from a question of the user, if that question still has this text. Returns its id.

    Returns None for a reply, for a question of another user, in a temporary conversation or from before
    `memoria_desde`, while the memory is paused, for a fact that is stored already, and beyond MOST_FACTS. The caller
    has locked the account.
    """
    values = (text, user_id, conversation_id, seq, message, user_id, text, user_id, MOST_FACTS)
    added = sql.execute(
        "INSERT INTO fatos (id_usuario, texto, id_mensagem, criado_em)"  # noqa: S608 - constant condition
        " SELECT u.id, %s, m.id, UTC_TIMESTAMP(6)"
        " FROM conversas c JOIN usuarios u ON u.id = c.id_usuario JOIN mensagens m ON m.id_conversa = c.id"
        f" WHERE u.id = %s AND c.id = %s AND c.{IS_KEPT} AND m.seq = %s AND m.conteudo = %s"
        " AND c.temporaria = FALSE AND m.remetente = 'usuario' AND u.memoria_pausada = FALSE"
        " AND m.data_envio >= COALESCE(u.memoria_desde, m.data_envio)"
        " AND NOT EXISTS (SELECT 1 FROM fatos g WHERE g.id_usuario = %s AND g.texto = %s)"
        " AND (SELECT COUNT(*) FROM fatos h WHERE h.id_usuario = %s) < %s",
        values,
    )
    return added.inserted_id if added.count else None


def update_fact(sql: Statements, user_id: int, fact_id: int, text: str) -> bool:
    """Replace the text by the user's own, which comes from no message. Returns whether the user has this fact."""
    return bool(
        sql.run(
            "UPDATE fatos SET texto = %s, id_mensagem = NULL, criado_em = UTC_TIMESTAMP(6)"
            " WHERE id_usuario = %s AND id = %s",
            (text, user_id, fact_id),
        )
    )


def delete_fact(sql: Statements, user_id: int, fact_id: int) -> bool:
    """Delete a fact. Returns whether the user had it."""
    return bool(sql.run("DELETE FROM fatos WHERE id_usuario = %s AND id = %s", (user_id, fact_id)))


def delete_facts(sql: Statements, user_id: int) -> int:
    """Delete all facts of the user. Returns their number."""
    return sql.run("DELETE FROM fatos WHERE id_usuario = %s", (user_id,))


def delete_hidden_facts(sql: Statements, conversation_ids: list[int]) -> None:
    """Delete facts from hidden questions of conversations whose messages are about to be deleted."""
    sql.run(
        # Without the hint, TiDB reads the whole index of facts.
        "DELETE /*+ INL_JOIN(f) */ f FROM mensagens m JOIN fatos f ON f.id_mensagem = m.id"
        " WHERE m.id_conversa IN %s AND m.seq < 0",
        (tuple(conversation_ids),),
    )


def _fact_of(row: Row) -> Fact:
    is_shown = row["id_conversa"] is not None
    return Fact(row["id"], row["texto"], row["criado_em"], row["id_conversa"], row["seq"] if is_shown else None)
