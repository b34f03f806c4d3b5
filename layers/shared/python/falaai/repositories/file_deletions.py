"""Tables `anexos` and `arquivos`: deletions. A file is deleted when its last use is gone.

A transaction that deletes uses marks their files (`conferir_em`) and so locks them until it ends. The cleanup locks a
marked file, looks for uses, and deletes the row if there is none; its objects follow after the commit. A transaction
that adds a use to an existing file locks the file first, so a file is never deleted under a new use.
"""

from collections.abc import Sequence

from falaai.database import Row, Statements


def set_unchecked(sql: Statements, file_ids: Sequence[int]) -> None:
    """Let the cleanup look whether these files still have uses. The caller deletes uses in the same transaction."""
    if file_ids:
        # In one order, so that two deletions do not wait for each other.
        sql.run("UPDATE arquivos SET conferir_em = UTC_TIMESTAMP(6) WHERE id IN %s", (tuple(sorted(set(file_ids))),))


def delete_of_conversations(sql: Statements, conversation_ids: Sequence[int], at_most: int) -> int:
    """Delete attachments of conversations that the caller has locked. Returns the number deleted."""
    rows = sql.list(
        "SELECT id, id_arquivo FROM anexos FORCE INDEX (anexos_conversa) WHERE id_conversa IN %s LIMIT %s FOR UPDATE",
        (tuple(conversation_ids), at_most),
    )
    return _delete(sql, rows)


def delete_unsent(sql: Statements, at_most: int) -> int:
    """Delete uploads that were not sent in time. Returns the number deleted."""
    rows = sql.list(
        "SELECT id, id_arquivo FROM anexos FORCE INDEX (anexos_expira) WHERE expira_em <= UTC_TIMESTAMP(6)"
        " ORDER BY expira_em LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return _delete(sql, rows)


def count_unsent(sql: Statements) -> int:
    """Return the number of uploads that were not sent in time."""
    return sql.count("SELECT COUNT(*) FROM anexos FORCE INDEX (anexos_expira) WHERE expira_em <= UTC_TIMESTAMP(6)")


def _delete(sql: Statements, rows: Sequence[Row]) -> int:
    if not rows:
        return 0
    set_unchecked(sql, [row["id_arquivo"] for row in rows if row["id_arquivo"] is not None])
    return sql.run("DELETE FROM anexos WHERE id IN %s", (tuple(row["id"] for row in rows),))


def delete_of_user(sql: Statements, user_id: int, at_most: int, files_at_most: int) -> int:
    """Delete attachments and files of a closed account without conversations. Returns the number of rows deleted.

    The caller deletes the objects by their prefixes.
    """
    attachments = sql.run("DELETE FROM anexos WHERE id_usuario = %s LIMIT %s", (user_id, at_most))
    return attachments + sql.run("DELETE FROM arquivos WHERE id_usuario = %s LIMIT %s", (user_id, files_at_most))


def delete_unused(sql: Statements, at_most: int) -> tuple[int, list[str]]:
    """Delete marked files that no attachment uses, and remove the marks of the others.

    Returns the number of files looked at and the keys of the deleted ones. The caller deletes their objects after the
    commit.
    """
    # A range, because TiDB would read the whole index for IS NOT NULL.
    rows = sql.list(
        "SELECT id, chave FROM arquivos FORCE INDEX (arquivos_conferir) WHERE conferir_em > '2000-01-01'"
        " ORDER BY conferir_em LIMIT %s FOR UPDATE",
        (at_most,),
    )
    if not rows:
        return 0, []
    ids = tuple(row["id"] for row in rows)
    # Without a lock, TiDB would read the uses as they were when the transaction began, before the file was locked.
    uses = sql.list(
        "SELECT id_arquivo FROM anexos FORCE INDEX (anexos_arquivo)"
        " WHERE id_arquivo IN %s AND estado = 'pronto' FOR UPDATE",
        (ids,),
    )
    used = {row["id_arquivo"] for row in uses}
    if used:
        sql.run("UPDATE arquivos SET conferir_em = NULL WHERE id IN %s", (tuple(used),))
    if unused := [row for row in rows if row["id"] not in used]:
        sql.run("DELETE FROM arquivos WHERE id IN %s", (tuple(row["id"] for row in unused),))
    return len(rows), [row["chave"] for row in unused]


def count_unused(sql: Statements) -> int:
    """Return the number of marked files that no attachment uses."""
    return sql.count(
        "SELECT COUNT(*) FROM arquivos a FORCE INDEX (arquivos_conferir) WHERE a.conferir_em > '2000-01-01'"
        " AND NOT EXISTS (SELECT 1 FROM anexos x WHERE x.id_arquivo = a.id AND x.estado = 'pronto')"
    )


def list_keys_in_use(sql: Statements, keys: Sequence[str]) -> set[str]:
    """Return those of the given keys that a file has."""
    rows = sql.list("SELECT chave FROM arquivos FORCE INDEX (arquivos_chave) WHERE chave IN %s", (tuple(keys),))
    return {row["chave"] for row in rows}
