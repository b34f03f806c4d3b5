"""Table `tokens`: links in letters. `key` is the SHA-256 of the link's token."""

from falaai.database import Statements
from falaai.secret_tokens import LIFETIMES, Purpose


def add_token(sql: Statements, user_id: int, purpose: Purpose, key: str) -> None:
    """A new link for this purpose; older ones of the same purpose stop working."""
    sql.run("DELETE FROM tokens WHERE id_usuario = %s AND finalidade = %s", (user_id, purpose))
    sql.run(
        "INSERT INTO tokens (chave, id_usuario, finalidade, criado_em, expira_em)"
        " VALUES (%s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND)",
        (key, user_id, purpose, int(LIFETIMES[purpose].total_seconds())),
    )


def is_usable(sql: Statements, purpose: Purpose, key: str) -> bool:
    return (
        sql.find(
            "SELECT 1 FROM tokens WHERE chave = %s AND finalidade = %s"
            " AND usado_em IS NULL AND expira_em > UTC_TIMESTAMP(6)",
            (key, purpose),
        )
        is not None
    )


def use_token(sql: Statements, purpose: Purpose, key: str) -> int | None:
    """Use the link up; its owner's id, or nothing if it is unknown, used or expired. Only one caller succeeds."""
    used = sql.run(
        "UPDATE tokens SET usado_em = UTC_TIMESTAMP(6) WHERE chave = %s AND finalidade = %s"
        " AND usado_em IS NULL AND expira_em > UTC_TIMESTAMP(6)",
        (key, purpose),
    )
    if not used:
        return None
    row = sql.find("SELECT id_usuario FROM tokens WHERE chave = %s", (key,))
    return int(row["id_usuario"]) if row else None


def delete_expired(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM tokens WHERE expira_em <= UTC_TIMESTAMP(6) LIMIT %s", (at_most,))
