"""Table `conversas`: conversations of users, with their running summaries.

A deleted conversation stays for some seconds (`deletions`). A temporary one is deleted before it is a day old
(`temporary_conversations`). Every statement that reads or changes a conversation skips a deleted one and a temporary
one that is too old (IS_KEPT); only those that delete rows do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements
from falaai.plain_lines import plain_line

DEFAULT_TITLE = "Nova Conversa"
TITLE_MAX_CHARACTERS = 50


def is_untitled(title: str, has_chosen_title: bool, has_provisional_title: bool) -> bool:
    """Return whether the conversation still needs a generated title."""
    return (has_provisional_title or title == DEFAULT_TITLE) and not has_chosen_title


def provisional_title(question: str) -> str:
    """Return the first words of a question, as many as fit into a title: a conversation has a name at once."""
    line = plain_line(question[: 20 * TITLE_MAX_CHARACTERS])
    if len(line) <= TITLE_MAX_CHARACTERS:
        return line or DEFAULT_TITLE
    begin = line[: TITLE_MAX_CHARACTERS - 1]
    words, _, _ = begin.rpartition(" ")
    return f"{words or begin}…"


@dataclass(frozen=True)
class Conversation:
    """One conversation. Times are UTC without a zone; `last_seq` is the seq of its newest message.

    Questions up to `facts_until_seq` have been read for facts; `facts_stored` counts those that were stored.
    """

    id: int
    user_id: int
    title: str
    created_at: datetime
    updated_at: datetime
    is_pinned: bool
    last_seq: int
    has_chosen_title: bool
    has_provisional_title: bool
    summary: str
    summary_until_seq: int
    summary_version: int
    facts_until_seq: int
    facts_stored: int
    is_temporary: bool


COLUMNS = (
    "id, id_usuario, titulo_conversa, data_criacao, data_atualizacao, fixada, ultima_seq, titulo_manual,"
    " titulo_provisorio, resumo, resumo_ate_seq, resumo_versao, fatos_ate_seq, fatos_guardados,"
    " temporaria"
)
# A temporary conversation is out of reach from this age on: a day, less the longest time that a reply takes.
TEMPORARY_MINUTES = 24 * 60 - 5
# Condition of every statement for users and workers. No other table has a column `temporaria_em`, so that an alias
# before the condition is enough for both columns.
IS_KEPT = (
    "apagada = FALSE AND COALESCE(temporaria_em, UTC_TIMESTAMP(6))"
    f" > UTC_TIMESTAMP(6) - INTERVAL {TEMPORARY_MINUTES} MINUTE"
)
# Condition of lists, of the search and of archives: a temporary conversation is in none of them.
IS_LISTED = "apagada = FALSE AND temporaria = FALSE"
# Columns for lists of conversations. A summary is as long as 80 titles, and only the model needs it.
COLUMNS_WITHOUT_SUMMARY = COLUMNS.replace(" resumo,", " NULL AS resumo,")


def find_conversation(sql: Statements, user_id: int, conversation_id: int) -> Conversation | None:
    row = sql.find(
        f"SELECT {COLUMNS} FROM conversas WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",  # noqa: S608 - constants
        (user_id, conversation_id),
    )
    return conversation_of(row) if row else None


def lock_conversation(sql: Statements, user_id: int, conversation_id: int) -> Conversation | None:
    """Find a conversation and lock it until the transaction ends, so that messages get their seq in order."""
    row = sql.find(
        f"SELECT {COLUMNS} FROM conversas WHERE id_usuario = %s AND id = %s AND {IS_KEPT} FOR UPDATE",  # noqa: S608 - constants
        (user_id, conversation_id),
    )
    return conversation_of(row) if row else None


def find_conversation_of_anyone(sql: Statements, conversation_id: int) -> Conversation | None:
    """Find a conversation without a check of its owner. Only workers may use it: they return nothing to a user."""
    row = sql.find(
        f"SELECT {COLUMNS} FROM conversas WHERE id = %s AND {IS_KEPT}",  # noqa: S608 - constants
        (conversation_id,),
    )
    return conversation_of(row) if row else None


@dataclass(frozen=True)
class Cursor:
    """The end of a page of the list: the sort key of its last conversation."""

    is_pinned: bool
    updated_at: datetime
    id: int


ORDER = "ORDER BY fixada DESC, data_atualizacao DESC, id DESC"


def list_conversations(sql: Statements, user_id: int, limit: int, after: Cursor | None = None) -> list[Conversation]:
    """List conversations after `after`, without their summaries: pinned first, then by last use, newest first."""
    condition, parameters = page_condition(user_id, after)
    rows = sql.list(
        # Without the hint, TiDB may read the whole table for a user with many conversations.
        f"SELECT {COLUMNS_WITHOUT_SUMMARY} FROM conversas FORCE INDEX (conversas_lista)"  # noqa: S608 - constants above
        f" WHERE {condition} {ORDER} LIMIT %s",
        (*parameters, limit),
    )
    return [conversation_of(row) for row in rows]


def page_condition(user_id: int, place: Cursor | None) -> tuple[str, list[object]]:
    """Return the condition that selects a user's conversations after `place`, and its parameters."""
    condition, parameters = f"id_usuario = %s AND {IS_LISTED}", list[object]([user_id])
    if place:
        condition += (
            " AND (fixada < %s OR (fixada = %s AND (data_atualizacao < %s OR (data_atualizacao = %s AND id < %s))))"
        )
        parameters += [place.is_pinned, place.is_pinned, place.updated_at, place.updated_at, place.id]
    return condition, parameters


def add_conversation(sql: Statements, user_id: int, title: str, last_seq: int, is_temporary: bool = False) -> int:
    """Add a conversation that will get messages up to `last_seq`. Returns its id.

    The title is provisional, except that of a temporary conversation, which never gets another one.
    """
    return sql.insert(
        "INSERT INTO conversas"
        " (id_usuario, titulo_conversa, titulo_provisorio, data_criacao, data_atualizacao, ultima_seq, temporaria,"
        " temporaria_em)"
        " VALUES (%s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s, %s, IF(%s, UTC_TIMESTAMP(6), NULL))",
        (user_id, title, not is_temporary, last_seq, is_temporary, is_temporary),
    )


def reserve_seq(sql: Statements, user_id: int, conversation_id: int, by: int) -> int | None:
    """Reserve the seq of the next `by` messages, and lock the conversation until the transaction ends.

    Returns the last reserved seq, or None for a conversation that is deleted or of another user.
    """
    return sql.update_returning(
        "UPDATE conversas SET ultima_seq = LAST_INSERT_ID(ultima_seq + %s), data_atualizacao = UTC_TIMESTAMP(6)"  # noqa: S608 - constant condition
        f" WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",
        (by, user_id, conversation_id),
    )


def truncate_after(sql: Statements, user_id: int, conversation_id: int, last_seq: int, next_branch: int) -> None:
    """Record that two new messages replaced those from `last_seq` - 1 on, and drop a summary that covers any of them.

    The new question has not been read for facts.

    The version changes even if the summary stays: a summary that is being made at this moment contains the replaced
    text, and `update_summary` must refuse it.
    """
    sql.run(
        "UPDATE conversas SET ultima_seq = %s, proximo_ramo = %s, data_atualizacao = UTC_TIMESTAMP(6),"
        " fatos_ate_seq = LEAST(fatos_ate_seq, %s),"
        " resumo = IF(resumo_ate_seq < %s, resumo, NULL),"
        " resumo_ate_seq = IF(resumo_ate_seq < %s, resumo_ate_seq, 0), resumo_versao = resumo_versao + 1"
        " WHERE id_usuario = %s AND id = %s",
        (last_seq, next_branch, last_seq - 2, last_seq - 1, last_seq - 1, user_id, conversation_id),
    )


def update_before_restart(
    sql: Statements, user_id: int, conversation_id: int, reply_seq: int, next_branch: int
) -> None:
    """Drop a summary that covers a reply which is generated again, and record the use of the conversation.

    The version changes even if the summary stays, as in `truncate_after`.
    """
    sql.run(
        "UPDATE conversas SET data_atualizacao = UTC_TIMESTAMP(6), proximo_ramo = %s,"
        " resumo = IF(resumo_ate_seq < %s, resumo, NULL),"
        " resumo_ate_seq = IF(resumo_ate_seq < %s, resumo_ate_seq, 0), resumo_versao = resumo_versao + 1"
        " WHERE id_usuario = %s AND id = %s",
        (next_branch, reply_seq, reply_seq, user_id, conversation_id),
    )


def update_after_switch(sql: Statements, user_id: int, conversation_id: int, from_seq: int, next_branch: int) -> None:
    """Record that the shown messages from `from_seq` on are others, and drop a summary that covers any of them.

    The version changes even if the summary stays, as in `truncate_after`.
    """
    sql.run(
        "UPDATE conversas SET proximo_ramo = %s, data_atualizacao = UTC_TIMESTAMP(6),"
        " ultima_seq = COALESCE((SELECT MAX(m.seq) FROM mensagens m WHERE m.id_conversa = %s), 0),"
        " resumo = IF(resumo_ate_seq < %s, resumo, NULL),"
        " resumo_ate_seq = IF(resumo_ate_seq < %s, resumo_ate_seq, 0), resumo_versao = resumo_versao + 1"
        " WHERE id_usuario = %s AND id = %s",
        (next_branch, conversation_id, from_seq, from_seq, user_id, conversation_id),
    )


def update_title(sql: Statements, user_id: int, conversation_id: int, title: str) -> None:
    """Set a title that the user chose. A generated title never replaces it."""
    sql.run(
        "UPDATE conversas SET titulo_conversa = %s, titulo_manual = TRUE, titulo_provisorio = FALSE"  # noqa: S608 - constant condition
        f" WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",
        (title, user_id, conversation_id),
    )


def update_pin(sql: Statements, user_id: int, conversation_id: int, is_pinned: bool) -> None:
    sql.run(
        f"UPDATE conversas SET fixada = %s WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",  # noqa: S608 - constant
        (is_pinned, user_id, conversation_id),
    )


def delete_conversation(sql: Statements, user_id: int, conversation_id: int) -> None:
    """Delete a conversation without messages: the caller deletes them first, as not every server cascades."""
    sql.run("DELETE FROM conversas WHERE id_usuario = %s AND id = %s", (user_id, conversation_id))


def set_generated_title(sql: Statements, conversation_id: int, title: str) -> bool:
    """Set a generated title, unless the conversation already has another title. Returns whether it was set."""
    return bool(
        sql.run(
            "UPDATE conversas SET titulo_conversa = %s, titulo_provisorio = FALSE"  # noqa: S608 - constant condition
            f" WHERE id = %s AND {IS_KEPT} AND titulo_manual = FALSE AND (titulo_provisorio OR titulo_conversa = %s)",
            (title, conversation_id, DEFAULT_TITLE),
        )
    )


def update_summary(sql: Statements, conversation: Conversation, summary: str, until_seq: int) -> bool:
    """Store a summary if the version is still that of `conversation`. Returns False if another change came first."""
    return bool(
        sql.run(
            "UPDATE conversas SET resumo = %s, resumo_ate_seq = %s, resumo_versao = resumo_versao + 1"  # noqa: S608 - constant condition
            f" WHERE id = %s AND {IS_KEPT} AND resumo_versao = %s",
            (summary, until_seq, conversation.id, conversation.summary_version),
        )
    )


def update_facts(sql: Statements, conversation_id: int, until_seq: int, stored: int) -> None:
    """Record that the questions up to a seq have been read for facts, and how many facts were stored."""
    sql.run(
        "UPDATE conversas SET fatos_ate_seq = GREATEST(fatos_ate_seq, %s), fatos_guardados = fatos_guardados + %s"  # noqa: S608 - constant condition
        f" WHERE id = %s AND {IS_KEPT}",
        (until_seq, stored, conversation_id),
    )


# An unused conversation: not pinned, and without a new message for a number of days.
_UNUSED = "c.fixada = FALSE AND c.data_atualizacao < UTC_TIMESTAMP(6) - INTERVAL %s DAY"


def lock_unused(sql: Statements, unused_days: int, at_most: int) -> list[int]:
    """Lock unused conversations until the transaction ends, the longest unused first. Returns their ids.

    A user who opens a locked conversation waits until it is deleted.
    """
    rows = sql.list(
        f"SELECT c.id FROM conversas c WHERE {_UNUSED}"  # noqa: S608 - constant condition
        " ORDER BY c.data_atualizacao, c.id LIMIT %s FOR UPDATE",
        (unused_days, at_most),
    )
    return [row["id"] for row in rows]


def lock_conversations(sql: Statements, user_id: int, at_most: int) -> list[int]:
    """Lock some conversations of the user, deleted ones too, until the transaction ends. Returns their ids."""
    rows = sql.list("SELECT id FROM conversas WHERE id_usuario = %s LIMIT %s FOR UPDATE", (user_id, at_most))
    return [row["id"] for row in rows]


def count_unused(sql: Statements, unused_days: int) -> tuple[int, int]:
    """Return the number of unused conversations and of the messages in them."""
    row = sql.find(
        "SELECT COUNT(DISTINCT c.id) AS conversations, COUNT(m.id) AS messages"  # noqa: S608 - constant condition
        f" FROM conversas c LEFT JOIN mensagens m ON m.id_conversa = c.id WHERE {_UNUSED}",
        (unused_days,),
    )
    return (row["conversations"], row["messages"]) if row else (0, 0)


def delete_conversations(sql: Statements, ids: Sequence[int]) -> int:
    """Delete conversations that the caller has locked and that have no messages. Returns the number deleted."""
    return sql.run("DELETE FROM conversas WHERE id IN %s", (tuple(ids),))


def conversation_of(row: Row) -> Conversation:
    return Conversation(
        id=row["id"],
        user_id=row["id_usuario"],
        title=row["titulo_conversa"],
        created_at=row["data_criacao"],
        updated_at=row["data_atualizacao"],
        is_pinned=bool(row["fixada"]),
        last_seq=row["ultima_seq"],
        has_chosen_title=bool(row["titulo_manual"]),
        has_provisional_title=bool(row["titulo_provisorio"]),
        summary=row["resumo"] or "",
        summary_until_seq=row["resumo_ate_seq"],
        summary_version=row["resumo_versao"],
        facts_until_seq=row["fatos_ate_seq"],
        facts_stored=row["fatos_guardados"],
        is_temporary=bool(row["temporaria"]),
    )
