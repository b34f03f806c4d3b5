"""Table `usuarios`: accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements


@dataclass(frozen=True)
class User:
    """One account.

    `password_hash` is an encoded Argon2id hash. `new_email` is an address that is not confirmed yet. `picture` is a
    key in the bucket, or empty. `registered_at` is naive UTC. A blocked account opens no session.
    """

    id: int
    name: str
    email: str
    password_hash: str
    is_verified: bool
    registered_at: datetime
    new_email: str
    picture: str
    is_blocked: bool = False

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else ""


# Value of the original FalaAI for an account without a picture.
NO_PICTURE = "/static/images/default_profile.png"

_COLUMNS = "id, nome, email, senha, email_verified, data_registro, email_novo, profile_pic_url, bloqueada_em"


def find_user(sql: Statements, user_id: int) -> User | None:
    row = sql.find(
        f"SELECT {_COLUMNS} FROM usuarios WHERE id = %s AND apagada_em IS NULL",  # noqa: S608 - constant columns
        (user_id,),
    )
    return user_of(row) if row else None


def find_active_time(sql: Statements, user_id: int) -> datetime | None:
    """Return the time of the database, naive UTC, if the account is neither deleted nor blocked."""
    row = sql.find(
        "SELECT UTC_TIMESTAMP(6) AS agora FROM usuarios"
        " WHERE id = %s AND apagada_em IS NULL AND bloqueada_em IS NULL",
        (user_id,),
    )
    return row["agora"] if row else None


def lock_account(sql: Statements, user_id: int) -> User | None:
    """Find a user and lock the account until the transaction ends."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM usuarios WHERE id = %s AND apagada_em IS NULL FOR UPDATE",  # noqa: S608 - constant
        (user_id,),
    )
    return user_of(row) if row else None


def lock_user(sql: Statements, user_id: int) -> bool:
    """Lock the account until the transaction ends. Returns False if it does not exist."""
    row = sql.find("SELECT id FROM usuarios WHERE id = %s AND apagada_em IS NULL FOR UPDATE", (user_id,))
    return row is not None


def find_user_by_email(sql: Statements, email: str) -> User | None:
    """Find a user by the stored form of the address, in lower case."""
    row = sql.find(f"SELECT {_COLUMNS} FROM usuarios WHERE email = %s", (email,))  # noqa: S608 - constant columns
    return user_of(row) if row else None


def add_user(
    sql: Statements,
    name: str,
    email: str,
    password_hash: str,
    daily_messages: int | None = None,
    group: str | None = None,
) -> int:
    """Add an account, with the limit and the group of its invitation, if it has one.

    Returns its id. Raises IntegrityError (MySQL error 1062) if the address is taken.
    """
    return sql.insert(
        "INSERT INTO usuarios"
        " (nome, email, senha, termos_registro, data_registro, email_verified, cota_diaria, grupo)"
        " VALUES (%s, %s, %s, TRUE, UTC_TIMESTAMP(6), FALSE, %s, %s)",
        (name, email, password_hash, daily_messages, group),
    )


def update_unverified_user(
    sql: Statements,
    user_id: int,
    name: str,
    password_hash: str,
    daily_messages: int | None = None,
    group: str | None = None,
) -> None:
    """Replace name and password of an unverified account: the latest registration of the address counts.

    The limit and the group of its invitation are replaced if they are given.
    """
    sql.run(
        "UPDATE usuarios SET nome = %s, senha = %s, data_registro = UTC_TIMESTAMP(6),"
        " cota_diaria = COALESCE(%s, cota_diaria), grupo = COALESCE(%s, grupo)"
        " WHERE id = %s AND email_verified = FALSE",
        (name, password_hash, daily_messages, group, user_id),
    )


def update_password_hash(sql: Statements, user_id: int, password_hash: str) -> None:
    sql.run("UPDATE usuarios SET senha = %s WHERE id = %s", (password_hash, user_id))


def update_name(sql: Statements, user_id: int, name: str) -> None:
    sql.run("UPDATE usuarios SET nome = %s WHERE id = %s", (name, user_id))


def update_new_email(sql: Statements, user_id: int, new_email: str | None) -> None:
    """Store an address that replaces the current one when its link is used, or None."""
    sql.run("UPDATE usuarios SET email_novo = %s WHERE id = %s", (new_email, user_id))


def update_email(sql: Statements, user_id: int, email: str) -> None:
    """Set the address. Raises IntegrityError (MySQL error 1062) if it is taken."""
    sql.run("UPDATE usuarios SET email = %s, email_novo = NULL WHERE id = %s", (email, user_id))


def update_searches(sql: Statements, user_id: int, searches: bool) -> None:
    """Set whether the user's new messages search the web."""
    sql.run("UPDATE usuarios SET buscar = %s WHERE id = %s", (searches, user_id))


def update_picture(sql: Statements, user_id: int, picture: str) -> None:
    sql.run("UPDATE usuarios SET profile_pic_url = %s WHERE id = %s", (picture or NO_PICTURE, user_id))


def update_instructions(sql: Statements, user_id: int, instructions: str) -> None:
    """Store how the assistant should write to the user. An empty text removes it."""
    sql.run("UPDATE usuarios SET instrucoes = %s WHERE id = %s", (instructions or None, user_id))


def update_verified(sql: Statements, user_id: int) -> None:
    sql.run("UPDATE usuarios SET email_verified = TRUE WHERE id = %s", (user_id,))


def update_closed(sql: Statements, user_id: int) -> None:
    """Close an account for its deletion: it cannot be found or used any more, and its address is free again.

    The stored text is not an email address, so it cannot be registered.
    """
    sql.run(
        "UPDATE usuarios SET nome = '', email = CONCAT('apagada:', id), email_novo = NULL, senha = '',"
        " instrucoes = NULL, email_verified = FALSE, profile_pic_url = %s, apagada_em = UTC_TIMESTAMP(6)"
        " WHERE id = %s",
        (NO_PICTURE, user_id),
    )


def list_closed(sql: Statements, at_most: int) -> list[int]:
    """Return ids of closed accounts whose rows are not all deleted, the longest closed first."""
    rows = sql.list(
        "SELECT id FROM usuarios WHERE apagada_em <= UTC_TIMESTAMP(6) ORDER BY apagada_em LIMIT %s",
        (at_most,),
    )
    return [row["id"] for row in rows]


def count_closed(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM usuarios WHERE apagada_em <= UTC_TIMESTAMP(6)")


# Unverified accounts are kept longer than a holiday. Their link is valid for a day and can be requested again.
NEVER_VERIFIED_DAYS = 30
_NEVER_VERIFIED = (
    f"u.data_registro < UTC_TIMESTAMP(6) - INTERVAL {NEVER_VERIFIED_DAYS} DAY AND u.email_verified = FALSE"  # noqa: S608
    " AND NOT EXISTS (SELECT 1 FROM conversas c WHERE c.id_usuario = u.id)"
)


def lock_never_verified(sql: Statements, at_most: int) -> list[int]:
    """Lock old unverified accounts until the transaction ends. Returns their ids."""
    rows = sql.list(
        f"SELECT u.id FROM usuarios u WHERE {_NEVER_VERIFIED} LIMIT %s FOR UPDATE",  # noqa: S608 - constant condition
        (at_most,),
    )
    return [row["id"] for row in rows]


def count_never_verified(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM usuarios u WHERE {_NEVER_VERIFIED}")  # noqa: S608 - constant condition


def list_pictures_in_use(sql: Statements, keys: Sequence[str]) -> set[str]:
    """Return the given pictures that an account uses."""
    rows = sql.list("SELECT profile_pic_url FROM usuarios WHERE profile_pic_url IN %s", (tuple(keys),))
    return {row["profile_pic_url"] for row in rows}


def picture_of(row: Row) -> str:
    """Return the key of the user's picture; empty without one."""
    key = row["profile_pic_url"]
    return "" if key in (None, NO_PICTURE) else str(key)


def user_of(row: Row) -> User:
    return User(
        id=row["id"],
        name=row["nome"],
        email=row["email"],
        password_hash=row["senha"],
        is_verified=bool(row["email_verified"]),
        registered_at=row["data_registro"],
        new_email=row["email_novo"] or "",
        picture=picture_of(row),
        is_blocked=row["bloqueada_em"] is not None,
    )
