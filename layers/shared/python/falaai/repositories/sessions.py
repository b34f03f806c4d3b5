"""Table `sessoes`: who is signed in where. `key` is the HMAC of the cookie's token.

`expira_em` says when a session ends: IDLE_DAYS after it was last seen, but at most ABSOLUTE_DAYS after it began.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from falaai.database import Statements

ABSOLUTE_DAYS = 30
IDLE_DAYS = 7
# More than anyone has devices; without a limit a script could fill the table and the profile page.
MOST_SESSIONS = 20
# Writing "last seen" at every request would make each read a write.
SEEN_EVERY_SECONDS = 60

# The second condition is for rows that the previous release writes during a deployment: 30 days in `expira_em`.
_LIVING = f"s.expira_em > UTC_TIMESTAMP(6) AND s.vista_em > UTC_TIMESTAMP(6) - INTERVAL {IDLE_DAYS} DAY"


@dataclass(frozen=True)
class Session:
    """A living session and the person it belongs to; `now` is the database's clock, UTC without a zone."""

    id: int
    user_id: int
    active_conversation_id: int | None
    user_name: str
    user_email: str
    seconds_since_seen: int
    now: datetime


def find_session(sql: Statements, key: str) -> Session | None:
    """The session, unless it ended: by its absolute age or by idleness."""
    row = sql.find(
        "SELECT s.id, s.id_usuario, s.id_conversa_ativa, u.nome, u.email,"  # noqa: S608 - constant condition
        " TIMESTAMPDIFF(SECOND, s.vista_em, UTC_TIMESTAMP(6)) AS idle,"
        " UTC_TIMESTAMP(6) AS agora"
        f" FROM sessoes s JOIN usuarios u ON u.id = s.id_usuario WHERE s.chave = %s AND {_LIVING}",
        (key,),
    )
    if row is None:
        return None
    return Session(
        id=row["id"],
        user_id=row["id_usuario"],
        active_conversation_id=row["id_conversa_ativa"],
        user_name=row["nome"],
        user_email=row["email"],
        seconds_since_seen=row["idle"],
        now=row["agora"],
    )


@dataclass(frozen=True)
class LockedSession:
    """A locked session, and the messages its user has sent on the day; None if the day has no counter yet."""

    session: Session
    used_today: int | None


def lock_session(sql: Statements, session: Session, day: date) -> LockedSession | None:
    """Lock the session, its account and the account's counter of the day until the transaction ends.

    Returns them as they are now, or None if the session has ended. The lock on the account makes requests of one user
    wait for each other, whichever session they come from.
    """
    row = sql.find(
        "SELECT s.id_conversa_ativa, d.mensagens FROM sessoes s JOIN usuarios u ON u.id = s.id_usuario"
        " LEFT JOIN uso_diario d ON d.id_usuario = s.id_usuario AND d.dia = %s WHERE s.id = %s FOR UPDATE",
        (day, session.id),
    )
    if row is None:
        return None
    return LockedSession(replace(session, active_conversation_id=row["id_conversa_ativa"]), row["mensagens"])


def add_session(sql: Statements, user_id: int, key: str, agent: str, address: str) -> None:
    """A new session; the person's oldest ones beyond MOST_SESSIONS end.

    `agent` is the browser's own description, `address` its IP; both are shown to the person.
    """
    sql.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em, navegador, endereco)"
        " VALUES (%s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s DAY, %s, %s)",
        (key, user_id, IDLE_DAYS, agent[:255], address[:45]),
    )
    sql.run(
        "DELETE s FROM sessoes s JOIN (SELECT id FROM sessoes WHERE id_usuario = %s"
        " ORDER BY criada_em DESC, id DESC LIMIT 1000 OFFSET %s) AS oldest ON oldest.id = s.id"
        " WHERE s.id_usuario = %s",
        (user_id, MOST_SESSIONS, user_id),
    )


def update_seen(sql: Statements, session_id: int) -> None:
    """Note that the session was used just now, and move its end."""
    sql.run(
        "UPDATE sessoes SET vista_em = UTC_TIMESTAMP(6),"
        " expira_em = LEAST(criada_em + INTERVAL %s DAY, UTC_TIMESTAMP(6) + INTERVAL %s DAY) WHERE id = %s",
        (ABSOLUTE_DAYS, IDLE_DAYS, session_id),
    )


def update_active_conversation(sql: Statements, session_id: int, conversation_id: int | None) -> None:
    sql.run("UPDATE sessoes SET id_conversa_ativa = %s WHERE id = %s", (conversation_id, session_id))


def update_no_active_conversation(sql: Statements, user_id: int, conversation_id: int) -> None:
    """No session of this person goes on with a conversation that is gone."""
    sql.run(
        "UPDATE sessoes SET id_conversa_ativa = NULL WHERE id_usuario = %s AND id_conversa_ativa = %s",
        (user_id, conversation_id),
    )


def delete_session(sql: Statements, key: str) -> None:
    sql.run("DELETE FROM sessoes WHERE chave = %s", (key,))


@dataclass(frozen=True)
class Device:
    """A session as its owner sees it: where and when, and nothing that opens it."""

    id: int
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime


def list_devices(sql: Statements, user_id: int) -> list[Device]:
    """Living sessions, last seen first."""
    rows = sql.list(
        "SELECT s.id, s.navegador, s.endereco, s.criada_em, s.vista_em FROM sessoes s"  # noqa: S608 - constant condition
        f" WHERE s.id_usuario = %s AND {_LIVING} ORDER BY s.vista_em DESC, s.id DESC",
        (user_id,),
    )
    return [Device(row["id"], row["navegador"], row["endereco"], row["criada_em"], row["vista_em"]) for row in rows]


def delete_session_of(sql: Statements, user_id: int, session_id: int) -> bool:
    """End one of this person's sessions; False if it is not theirs or is gone."""
    return bool(sql.run("DELETE FROM sessoes WHERE id_usuario = %s AND id = %s", (user_id, session_id)))


def delete_other_sessions(sql: Statements, user_id: int, kept_id: int | None = None) -> int:
    """End every session of this person, but one."""
    return sql.run("DELETE FROM sessoes WHERE id_usuario = %s AND id <> %s", (user_id, kept_id or 0))


def delete_ended(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM sessoes WHERE expira_em <= UTC_TIMESTAMP(6) LIMIT %s", (at_most,))


def count_ended(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM sessoes WHERE expira_em <= UTC_TIMESTAMP(6)")
