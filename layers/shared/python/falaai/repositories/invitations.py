"""Tables `convites` and `convites_usos`: invitations of operators, and which addresses have used them."""

from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements
from falaai.repositories.audit import FIRST, Cursor

_COLUMNS = "id, email, usos, usados, cota_diaria, grupo, criado_em, expira_em, revogado_em"
_IS_OPEN = "revogado_em IS NULL AND expira_em > UTC_TIMESTAMP(6)"
# Days that an invitation is kept after its end, so that operators see what became of it.
KEPT_DAYS = 30
_OLD = f"expira_em < UTC_TIMESTAMP(6) - INTERVAL {KEPT_DAYS} DAY"


@dataclass(frozen=True)
class Invitation:
    """An invitation. With `email`, only that address may register. `daily_messages` and `group` are for its accounts.

    Times are naive UTC.
    """

    id: int
    email: str
    uses: int
    used: int
    daily_messages: int | None
    group: str
    created_at: datetime
    expires_at: datetime
    is_revoked: bool


@dataclass(frozen=True)
class NewInvitation:
    """The terms of an invitation to add, with its days."""

    email: str
    uses: int
    days: int
    daily_messages: int | None
    group: str


def add_invitation(sql: Statements, user_id: int, key: str, new: NewInvitation) -> int:
    """Add an invitation of an operator. `key` is the SHA-256 of its token. Returns its id."""
    return sql.insert(
        "INSERT INTO convites (id_usuario, chave, email, usos, cota_diaria, grupo, criado_em, expira_em)"
        " VALUES (%s, %s, %s, %s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s DAY)",
        (user_id, key, new.email or None, new.uses, new.daily_messages, new.group or None, new.days),
    )


def find_open_invitation(sql: Statements, key: str) -> Invitation | None:
    """Find an invitation that is neither revoked nor expired. Whether it has uses left is not checked."""
    row = sql.find(f"SELECT {_COLUMNS} FROM convites WHERE chave = %s AND {_IS_OPEN}", (key,))  # noqa: S608 - constants
    return _invitation_of(row) if row else None


def lock_open_invitation(sql: Statements, key: str) -> Invitation | None:
    """Find an invitation as `find_open_invitation` does, and lock it until the transaction ends."""
    row = sql.find(
        f"SELECT {_COLUMNS} FROM convites WHERE chave = %s AND {_IS_OPEN} FOR UPDATE",  # noqa: S608 - constants
        (key,),
    )
    return _invitation_of(row) if row else None


def lock_invitation(sql: Statements, invitation_id: int) -> Invitation | None:
    """Find an invitation by its id, open or not, and lock it until the transaction ends."""
    row = sql.find(f"SELECT {_COLUMNS} FROM convites WHERE id = %s FOR UPDATE", (invitation_id,))  # noqa: S608 - constants
    return _invitation_of(row) if row else None


def add_use(sql: Statements, invitation_id: int, address_key: str) -> bool:
    """Store that an address uses the invitation. Returns False if it has used it before."""
    return bool(
        sql.run(
            "INSERT IGNORE INTO convites_usos (id_convite, chave, usado_em) VALUES (%s, %s, UTC_TIMESTAMP(6))",
            (invitation_id, address_key),
        )
    )


def update_used(sql: Statements, invitation_id: int) -> None:
    """Count one use. The caller has locked the invitation."""
    sql.run("UPDATE convites SET usados = usados + 1 WHERE id = %s", (invitation_id,))


def update_key(sql: Statements, invitation_id: int, key: str) -> None:
    """Replace the key of the link, whose older links then end."""
    sql.run("UPDATE convites SET chave = %s WHERE id = %s", (key, invitation_id))


def update_revoked(sql: Statements, invitation_id: int) -> None:
    sql.run(
        "UPDATE convites SET revogado_em = COALESCE(revogado_em, UTC_TIMESTAMP(6)) WHERE id = %s", (invitation_id,)
    )


def list_invitations(sql: Statements, limit: int, after: Cursor | None = None) -> list[Invitation]:
    """Return the invitations of all operators after a place, the newest first."""
    after = after or FIRST
    rows = sql.list(
        f"SELECT {_COLUMNS} FROM convites WHERE criado_em <= %s AND (criado_em < %s OR id < %s)"  # noqa: S608 - constants
        " ORDER BY criado_em DESC, id DESC LIMIT %s",
        (after.done_at, after.done_at, after.id, limit),
    )
    return [_invitation_of(row) for row in rows]


def delete_old(sql: Statements, at_most: int) -> int:
    """Delete invitations that ended long ago, with their uses. Returns the number of invitations."""
    rows = sql.list(f"SELECT id FROM convites WHERE {_OLD} ORDER BY expira_em LIMIT %s", (at_most,))  # noqa: S608 - constants
    ids = tuple(row["id"] for row in rows)
    if not ids:
        return 0
    sql.run("DELETE FROM convites_usos WHERE id_convite IN %s", (ids,))
    return sql.run("DELETE FROM convites WHERE id IN %s", (ids,))


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM convites WHERE {_OLD}")  # noqa: S608 - constants


def _invitation_of(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        email=row["email"] or "",
        uses=row["usos"],
        used=row["usados"],
        daily_messages=row["cota_diaria"],
        group=row["grupo"] or "",
        created_at=row["criado_em"],
        expires_at=row["expira_em"],
        is_revoked=row["revogado_em"] is not None,
    )
