"""Table `tokens`: links in emails. `key` is the SHA-256 of the link's token."""

from dataclasses import dataclass

from falaai.database import Statements
from falaai.secret_tokens import LIFETIMES, Purpose


@dataclass(frozen=True)
class Used:
    """A valid link, or one that this transaction has used. `payload` is a new email address, or empty."""

    user_id: int
    purpose: Purpose
    payload: str


def add_token(sql: Statements, user_id: int, purpose: Purpose, key: str, payload: str = "") -> None:
    """Add a link. It ends the user's older links of the same purpose."""
    delete_tokens(sql, user_id, purpose)
    sql.run(
        "INSERT INTO tokens (chave, id_usuario, finalidade, dados, criado_em, expira_em)"
        " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND)",
        (key, user_id, purpose, payload or None, int(LIFETIMES[purpose].total_seconds())),
    )


def find_token(sql: Statements, key: str, *purposes: Purpose) -> Used | None:
    """Find the link if it is valid for one of these purposes, without using it."""
    row = sql.find(
        "SELECT id_usuario, finalidade, dados FROM tokens"
        " WHERE chave = %s AND usado_em IS NULL AND expira_em > UTC_TIMESTAMP(6)",
        (key,),
    )
    if row is None or row["finalidade"] not in purposes:
        return None
    return Used(row["id_usuario"], Purpose(row["finalidade"]), row["dados"] or "")


def update_used_token(sql: Statements, key: str, *purposes: Purpose) -> Used | None:
    """Mark the link as used. Returns None if it is unknown, used, expired or has another purpose.

    Of parallel callers with the same link, only one gets a result.
    """
    found = find_token(sql, key, *purposes)
    used = found and sql.run(
        "UPDATE tokens SET usado_em = UTC_TIMESTAMP(6) WHERE chave = %s"
        " AND usado_em IS NULL AND expira_em > UTC_TIMESTAMP(6)",
        (key,),
    )
    return found if used else None


def delete_tokens(sql: Statements, user_id: int, purpose: Purpose, *purposes: Purpose) -> None:
    """Delete all links of the user with these purposes."""
    sql.run("DELETE FROM tokens WHERE id_usuario = %s AND finalidade IN %s", (user_id, (purpose, *purposes)))


def delete_expired(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM tokens WHERE expira_em <= UTC_TIMESTAMP(6) ORDER BY expira_em LIMIT %s", (at_most,))


def count_expired(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM tokens WHERE expira_em <= UTC_TIMESTAMP(6)")
