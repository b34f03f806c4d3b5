"""Tables `usuarios` and `fatos`: the notes about a user that belong to every prompt.

`transcripts.find_context` reads them with the context of a reply.
"""

import json

from falaai.conversation_memory import NO_NOTES, PersonalNotes, newest_that_fit
from falaai.database import Row, Statements

# Facts of a prompt.
MOST_FACTS = 50
# The newest facts of a user as one JSON text, without those from questions that are hidden by another version. Its
# parameter is the user.
FACTS = (
    "(SELECT JSON_ARRAYAGG(JSON_OBJECT('id', n.id, 'text', n.texto)) FROM (SELECT f.id, f.texto FROM fatos f"  # noqa: S608 - constants
    " LEFT JOIN mensagens o ON o.id = f.id_mensagem WHERE f.id_usuario = %s AND (o.id IS NULL OR o.seq > 0)"
    f" ORDER BY f.id DESC LIMIT {MOST_FACTS}) n)"
)


def find_notes(sql: Statements, user_id: int) -> PersonalNotes:
    """Return the notes about a user. An account that does not exist has none."""
    row = sql.find(
        f"SELECT u.instrucoes, IF(u.memoria_pausada, NULL, {FACTS}) AS fatos FROM usuarios u WHERE u.id = %s",  # noqa: S608 - constant
        (user_id, user_id),
    )
    return notes_of(row) if row else NO_NOTES


def notes_of(row: Row) -> PersonalNotes:
    """Read `instrucoes` and `fatos` of a row. The facts are in the order in which they were stored."""
    stored = sorted(json.loads(row["fatos"] or "[]"), key=lambda one: int(one["id"]))
    return PersonalNotes(row["instrucoes"] or "", newest_that_fit([str(one["text"]) for one in stored]))


def has_pause(sql: Statements, user_id: int) -> bool:
    """Return whether the user has paused the memory."""
    return bool(sql.count("SELECT u.memoria_pausada FROM usuarios u WHERE u.id = %s", (user_id,)))


def update_pause(sql: Statements, user_id: int, is_paused: bool) -> None:
    """Pause the memory or let it go on. Messages that were sent during a pause never become sources."""
    sql.run(
        "UPDATE usuarios SET memoria_pausada = %s, memoria_desde = UTC_TIMESTAMP(6) WHERE id = %s"
        " AND memoria_pausada <> %s",
        (is_paused, user_id, is_paused),
    )


def update_begin(sql: Statements, user_id: int) -> None:
    """Let messages sent until now be no sources of facts. The account stays locked until the transaction ends."""
    sql.run("UPDATE usuarios SET memoria_desde = UTC_TIMESTAMP(6) WHERE id = %s", (user_id,))
