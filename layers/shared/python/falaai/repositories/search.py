"""Search in tables `conversas`, `mensagens`, `anexos` and `arquivos`: a user's conversations that contain some words.

Attached files are found by their names, digests and transcripts.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from falaai.database import Row, Statements
from falaai.repositories.conversations import (
    COLUMNS_WITHOUT_SUMMARY,
    IS_KEPT,
    ORDER,
    Conversation,
    Cursor,
    conversation_of,
    page_condition,
)

# Limit of messages searched for one page of results, so that its time does not grow with the history. The search
# begins with a small number of the newest messages, because most words are found there.
SEARCHED_MESSAGES = 75_000
_SEARCHED_FIRST, _SEARCHED_FASTER = 1_000, 4
_READ_FIRST, _READ = 500, 10_000
# After a page, the search continues behind the last of this many conversations that still exist. The last one alone
# does not suffice, because it may have been deleted or moved up by a new message.
_NEIGHBOURS = 50


def list_matching_conversations(
    sql: Statements, user_id: int, words: str, limit: int, after: Cursor | None = None
) -> tuple[list[Conversation], Cursor | None]:
    """List conversations with these words in title, message or attachment, without regard to case and accents.

    Returns a page in the order of the list, and the position where the search continues, or None at the end. A page
    may have fewer than `limit` conversations, or none, before the end.
    """
    pattern = f"%{_escaped(words)}%"
    found, waiting = list[Row](), list[Row]()
    looked, at_once, read = 0, _SEARCHED_FIRST, _READ_FIRST
    while looked < SEARCHED_MESSAGES and len(found) < limit:
        if not waiting:
            waiting, read = _list_to_search(sql, user_id, pattern, after, read), _READ
        if not waiting:
            after = None
            break
        rows, waiting = _with_messages(waiting, at_once)
        found += _list_matching(sql, user_id, rows, pattern)[: limit - len(found)]
        if len(found) == limit:
            rows = rows[: rows.index(found[-1]) + 1]
        after = _find_last_place(sql, user_id, [row["id"] for row in rows[-_NEIGHBOURS:]])
        looked += sum(row["size"] for row in rows)
        at_once = min(_SEARCHED_FASTER * at_once, SEARCHED_MESSAGES - looked)
    return _list_by_ids(sql, user_id, [row["id"] for row in found]), after


@dataclass(frozen=True)
class Hit:
    """The newest shown message of a conversation that contains the words; without one, one of a hidden version.

    If the words are not in its text, `attachment` is the name of the file in which they were found, and `text` the
    name, digest or transcript that has them.
    """

    conversation_id: int
    message_id: int
    seq: int
    text: str
    is_hidden: bool
    attachment: str | None = None


def list_hits(sql: Statements, user_id: int, words: str, conversation_ids: Sequence[int]) -> list[Hit]:
    """Return a hit for each of the user's conversations that has the words in a message or an attachment."""
    if not conversation_ids:
        return []
    hits = _list_attachment_hits(sql, user_id, words, conversation_ids)
    hits += _list_message_hits(sql, user_id, words, conversation_ids)
    # The best one comes last: shown before hidden, text before file, then the newest.
    hits.sort(key=lambda hit: (not hit.is_hidden, hit.attachment is None, hit.seq))
    return [*{hit.conversation_id: hit for hit in hits}.values()]


def _list_message_hits(sql: Statements, user_id: int, words: str, conversation_ids: Sequence[int]) -> list[Hit]:
    rows = sql.list(
        "SELECT m.id_conversa, m.id, m.seq, m.posicao, m.conteudo FROM mensagens m JOIN"  # noqa: S608 - constant condition
        " (SELECT h.id_conversa, MAX(h.seq) AS seq FROM mensagens h JOIN conversas c ON c.id = h.id_conversa"
        f" WHERE c.id_usuario = %s AND c.id IN %s AND c.{IS_KEPT} AND h.conteudo COLLATE utf8mb4_general_ci LIKE %s"
        " GROUP BY h.id_conversa) newest ON newest.id_conversa = m.id_conversa AND newest.seq = m.seq",
        (user_id, tuple(conversation_ids), f"%{_escaped(words)}%"),
    )
    return [
        Hit(row["id_conversa"], row["id"], row["posicao"] or row["seq"], row["conteudo"], row["seq"] < 0)
        for row in rows
    ]


# A digest or transcript of a deleted attachment may wait for the cleanup.
_TEXTS = "CASE WHEN x.nome COLLATE utf8mb4_general_ci LIKE %s THEN x.nome" + "".join(
    f" WHEN x.estado = 'pronto' AND a.{column} COLLATE utf8mb4_general_ci LIKE %s THEN a.{column}"
    for column in ("resumo", "transcricao")
) + " END"  # fmt: skip


def _list_attachment_hits(sql: Statements, user_id: int, words: str, conversation_ids: Sequence[int]) -> list[Hit]:
    pattern = f"%{_escaped(words)}%"
    rows = sql.list(
        f"SELECT m.id_conversa, m.id, m.seq, m.posicao, x.nome, {_TEXTS} AS texto"  # noqa: S608 - constants
        " FROM anexos x FORCE INDEX (anexos_conversa) JOIN mensagens m ON m.id = x.id_mensagem"
        " JOIN conversas c ON c.id = x.id_conversa LEFT JOIN arquivos a ON a.id = x.id_arquivo"
        f" WHERE x.id_usuario = %s AND c.{IS_KEPT} AND x.id_conversa IN %s HAVING texto IS NOT NULL",
        (pattern, pattern, pattern, user_id, tuple(conversation_ids)),
    )
    return [
        Hit(row["id_conversa"], row["id"], row["posicao"] or row["seq"], row["texto"], row["seq"] < 0, row["nome"])
        for row in rows
    ]


def _list_to_search(sql: Statements, user_id: int, pattern: str, after: Cursor | None, limit: int) -> list[Row]:
    """List the next conversations, each with the largest possible number of its messages, hidden ones included."""
    condition, parameters = page_condition(user_id, after)
    return sql.list(
        "SELECT id, ultima_seq + proximo_ramo - 1 AS size,"  # noqa: S608 - constants above
        " titulo_conversa COLLATE utf8mb4_general_ci LIKE %s AS in_title"
        f" FROM conversas FORCE INDEX (conversas_lista) WHERE {condition} {ORDER} LIMIT %s",
        (pattern, *parameters, limit),
    )


def _find_last_place(sql: Statements, user_id: int, ids: Sequence[int]) -> Cursor | None:
    row = sql.find(
        f"SELECT fixada, data_atualizacao, id FROM conversas WHERE id_usuario = %s AND id IN %s AND {IS_KEPT}"  # noqa: S608 - constant
        " ORDER BY fixada, data_atualizacao, id LIMIT 1",
        (user_id, tuple(ids)),
    )
    return Cursor(bool(row["fixada"]), row["data_atualizacao"], row["id"]) if row else None


def _with_messages(rows: list[Row], messages: int) -> tuple[list[Row], list[Row]]:
    """Split rows: the first ones with at most `messages` messages together, but at least one row, and the others."""
    reached = list(accumulate(row["size"] for row in rows))
    count = max(1, bisect_right(reached, messages))
    return rows[:count], rows[count:]


def _list_matching(sql: Statements, user_id: int, rows: Sequence[Row], pattern: str) -> list[Row]:
    """Return those conversations of the user that have the pattern in their title, a message or an attachment."""
    if ids := tuple(row["id"] for row in rows if not row["in_title"]):
        said = sql.list(
            # Without the hint, TiDB reads the whole table if the user has more than a few per cent of all messages.
            "SELECT DISTINCT id_conversa FROM mensagens FORCE INDEX (mensagens_seq) WHERE id_conversa IN %s"
            " AND conteudo COLLATE utf8mb4_general_ci LIKE %s",
            (ids, pattern),
        )
        said += sql.list(
            "SELECT x.id_conversa FROM anexos x FORCE INDEX (anexos_conversa)"  # noqa: S608 - constant
            " LEFT JOIN arquivos a ON a.id = x.id_arquivo"
            f" WHERE x.id_usuario = %s AND x.id_conversa IN %s AND {_TEXTS} IS NOT NULL",
            (user_id, ids, pattern, pattern, pattern),
        )
    inside = {row["id_conversa"] for row in said} if ids else set()
    return [row for row in rows if row["in_title"] or row["id"] in inside]


def _list_by_ids(sql: Statements, user_id: int, ids: Sequence[int]) -> list[Conversation]:
    if not ids:
        return []
    rows = sql.list(
        f"SELECT {COLUMNS_WITHOUT_SUMMARY} FROM conversas"  # noqa: S608 - constants
        f" WHERE id_usuario = %s AND id IN %s AND {IS_KEPT} {ORDER}",
        (user_id, tuple(ids)),
    )
    return [conversation_of(row) for row in rows]


def _escaped(words: str) -> str:
    """Escape the wildcards of LIKE."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
