"""Table `usuarios` as operators see it: addresses, states and numbers, but no name or other text of a user."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements
from falaai.roles import Role

_COLUMNS = "id, email, email_verified, data_registro, papel, bloqueada_em, cota_diaria, grupo"
_ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True)
class Account:
    """One account. `daily_messages` is its own limit, if there is one, and `group` that of its invitation.

    Times are naive UTC.
    """

    id: int
    email: str
    is_verified: bool
    registered_at: datetime
    role: Role
    is_blocked: bool
    daily_messages: int | None
    group: str


def list_accounts(sql: Statements, prefix: str, after_email: str, limit: int) -> list[Account]:
    """Return accounts in the order of their addresses, which begin with `prefix` and come after `after_email`.

    Both are in lower case. The rows come from the index of addresses, whatever their number is.
    """
    rows = sql.list(
        f"SELECT {_COLUMNS} FROM usuarios FORCE INDEX (email)"  # noqa: S608 - constant columns
        " WHERE email LIKE %s AND email > %s AND apagada_em IS NULL ORDER BY email LIMIT %s",
        (f"{prefix.translate(_ESCAPED)}%", after_email, limit),
    )
    return [_account_of(row) for row in rows]


def list_addresses(sql: Statements, after_id: int, limit: int) -> dict[int, str]:
    """Return ids and addresses of accounts after an id, in the order of ids."""
    rows = sql.list(
        "SELECT id, email FROM usuarios WHERE id > %s AND apagada_em IS NULL ORDER BY id LIMIT %s", (after_id, limit)
    )
    return {row["id"]: row["email"] for row in rows}


def find_account(sql: Statements, user_id: int) -> Account | None:
    row = sql.find(f"SELECT {_COLUMNS} FROM usuarios WHERE id = %s AND apagada_em IS NULL", (user_id,))  # noqa: S608 - constant columns
    return _account_of(row) if row else None


def lock_account(sql: Statements, user_id: int) -> Account | None:
    """Find an account and lock it until the transaction ends."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM usuarios WHERE id = %s AND apagada_em IS NULL FOR UPDATE",  # noqa: S608 - constant columns
        (user_id,),
    )
    return _account_of(row) if row else None


def lock_admins(sql: Statements, emails: Collection[str]) -> set[int]:
    """Lock all operators until the transaction ends. Returns the ids of those that can sign in.

    An operator has the role, or one of these addresses. Two acts that each take one operator away run one after
    the other.
    """
    rows = [
        *sql.list(
            "SELECT id, email_verified, bloqueada_em, apagada_em FROM usuarios FORCE INDEX (usuarios_papel)"
            " WHERE papel = 'admin' ORDER BY id FOR UPDATE"
        ),
        *sql.list(
            "SELECT id, email_verified, bloqueada_em, apagada_em FROM usuarios WHERE email IN %s"
            " ORDER BY id FOR UPDATE",
            (tuple(emails) or ("",),),
        ),
    ]
    return {row["id"] for row in rows if row["email_verified"] and not row["bloqueada_em"] and not row["apagada_em"]}


def has_others(sql: Statements, user_id: int) -> bool:
    """Return whether another account is confirmed and not deleted."""
    row = sql.find(
        "SELECT id FROM usuarios WHERE id <> %s AND email_verified = TRUE AND apagada_em IS NULL LIMIT 1", (user_id,)
    )
    return row is not None


def update_blocked(sql: Statements, user_id: int, is_blocked: bool) -> None:
    sql.run(
        "UPDATE usuarios SET bloqueada_em = IF(%s, COALESCE(bloqueada_em, UTC_TIMESTAMP(6)), NULL) WHERE id = %s",
        (is_blocked, user_id),
    )


def update_role(sql: Statements, user_id: int, role: Role) -> None:
    sql.run("UPDATE usuarios SET papel = %s WHERE id = %s", (role, user_id))


def update_daily_messages(sql: Statements, user_id: int, messages: int | None) -> None:
    """Give an account its own daily limit, or None for that of the settings."""
    sql.run("UPDATE usuarios SET cota_diaria = %s WHERE id = %s", (messages, user_id))


def _account_of(row: Row) -> Account:
    return Account(
        id=row["id"],
        email=row["email"],
        is_verified=bool(row["email_verified"]),
        registered_at=row["data_registro"],
        role=Role(row["papel"]),
        is_blocked=row["bloqueada_em"] is not None,
        daily_messages=row["cota_diaria"],
        group=row["grupo"] or "",
    )
