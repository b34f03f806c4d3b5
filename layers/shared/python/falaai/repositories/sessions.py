"""Table `sessoes`: signed-in browsers. `key` is the HMAC of the cookie's token.

`expira_em` is the end of a session: IDLE_DAYS after its last request, but at most ABSOLUTE_DAYS after its start.
"""

from dataclasses import dataclass
from datetime import datetime

from falaai.database import Statements
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.users import picture_of
from falaai.roles import Role

ABSOLUTE_DAYS = 30
IDLE_DAYS = 7
# More devices than a user has. Without a limit, a script could fill the table and the profile page.
MOST_SESSIONS = 20
# The time of the last request is not stored more often, because it would make every read a write.
SEEN_EVERY_SECONDS = 60

# The second condition is for rows that the previous release writes during a deployment: their `expira_em` ignores the
# last use.
_LIVING = f"s.expira_em > UTC_TIMESTAMP(6) AND s.vista_em > UTC_TIMESTAMP(6) - INTERVAL {IDLE_DAYS} DAY"


@dataclass(frozen=True)
class Session:
    """A valid session and its user. `now` is the time of the database, naive UTC.

    `searches`: the user's new messages search the web, unless the composer says otherwise.
    `daily_messages` is the user's own limit, if there is one. `confirmed_seconds` is the time since the password was
    confirmed in this session, if it ever was.
    """

    id: int
    user_id: int
    active_conversation_id: int | None
    user_name: str
    user_email: str
    seconds_since_seen: int
    now: datetime
    picture: str = ""
    searches: bool = False
    role: Role = Role.PERSON
    daily_messages: int | None = None
    confirmed_seconds: int | None = None


def find_session(sql: Statements, key: str) -> Session | None:
    """Find the session, unless it has ended by its age or without use, or its user is blocked."""
    row = sql.find(
        "SELECT s.id, s.id_usuario, s.id_conversa_ativa, u.nome, u.email, u.profile_pic_url, u.buscar,"  # noqa: S608 - constants
        " u.papel, u.cota_diaria,"
        " TIMESTAMPDIFF(SECOND, s.confirmada_em, UTC_TIMESTAMP(6)) AS confirmada_ha,"
        " TIMESTAMPDIFF(SECOND, s.vista_em, UTC_TIMESTAMP(6)) AS idle,"
        " UTC_TIMESTAMP(6) AS agora"
        f" FROM sessoes s JOIN usuarios u ON u.id = s.id_usuario WHERE s.chave = %s AND {_LIVING}"
        " AND u.bloqueada_em IS NULL",
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
        picture=picture_of(row),
        searches=bool(row["buscar"]),
        role=Role(row["papel"]),
        daily_messages=row["cota_diaria"],
        confirmed_seconds=row["confirmada_ha"],
    )


def add_session(sql: Statements, user_id: int, key: str, agent: str, address: str) -> None:
    """Add a session. The user's oldest sessions beyond MOST_SESSIONS end.

    `agent` is the User-Agent header and `address` the IP address. The profile page shows both.
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
    """Store the time of this request, and move the end of the session."""
    sql.run(
        "UPDATE sessoes SET vista_em = UTC_TIMESTAMP(6),"
        " expira_em = LEAST(criada_em + INTERVAL %s DAY, UTC_TIMESTAMP(6) + INTERVAL %s DAY) WHERE id = %s",
        (ABSOLUTE_DAYS, IDLE_DAYS, session_id),
    )


def update_confirmed(sql: Statements, session_id: int) -> None:
    """Store the time at which the user confirmed the password in this session."""
    sql.run("UPDATE sessoes SET confirmada_em = UTC_TIMESTAMP(6) WHERE id = %s", (session_id,))


def update_active_conversation(sql: Statements, session_id: int, conversation_id: int | None) -> None:
    sql.run("UPDATE sessoes SET id_conversa_ativa = %s WHERE id = %s", (conversation_id, session_id))


def set_active_conversation(sql: Statements, session_id: int, conversation_id: int) -> bool:
    """Make the conversation of a message the active one, unless it is temporary, and store the time of this use.

    Returns False if the session has ended. The session stays locked until the transaction ends, so that the account
    is deleted either before the message or with it.
    """
    return bool(
        sql.run(
            "UPDATE sessoes SET id_conversa_ativa = IF((SELECT c.temporaria FROM conversas c WHERE c.id = %s"  # noqa: S608 - constant
            f" AND c.{IS_KEPT}), id_conversa_ativa, %s), vista_em = UTC_TIMESTAMP(6),"
            " expira_em = LEAST(criada_em + INTERVAL %s DAY, UTC_TIMESTAMP(6) + INTERVAL %s DAY) WHERE id = %s",
            (conversation_id, conversation_id, ABSOLUTE_DAYS, IDLE_DAYS, session_id),
        )
    )


def set_first_conversation(sql: Statements, session: Session, conversation_id: int) -> int | None:
    """Make a new conversation the active one, unless another message of the session has begun one meanwhile.

    `session` is the session as it was read before. Returns the id of the active conversation, or None if the session
    has ended. The session stays locked as in `set_active_conversation`.
    """
    return sql.update_returning(
        "UPDATE sessoes SET"
        " id_conversa_ativa = LAST_INSERT_ID(IF(COALESCE(id_conversa_ativa, %s) = %s, %s, id_conversa_ativa)),"
        " vista_em = UTC_TIMESTAMP(6),"
        " expira_em = LEAST(criada_em + INTERVAL %s DAY, UTC_TIMESTAMP(6) + INTERVAL %s DAY) WHERE id = %s",
        (
            *(session.active_conversation_id or 0, session.active_conversation_id or 0, conversation_id),
            *(ABSOLUTE_DAYS, IDLE_DAYS, session.id),
        ),
    )


def update_no_active_conversation(sql: Statements, user_id: int, conversation_id: int) -> None:
    """Clear this active conversation in all sessions of the user, because it is being deleted."""
    sql.run(
        "UPDATE sessoes SET id_conversa_ativa = NULL WHERE id_usuario = %s AND id_conversa_ativa = %s",
        (user_id, conversation_id),
    )


def delete_session(sql: Statements, key: str) -> None:
    sql.run("DELETE FROM sessoes WHERE chave = %s", (key,))


@dataclass(frozen=True)
class Device:
    """A session as the profile page shows it, without its key."""

    id: int
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime


def list_devices(sql: Statements, user_id: int) -> list[Device]:
    """List the user's valid sessions, the last used first."""
    rows = sql.list(
        "SELECT s.id, s.navegador, s.endereco, s.criada_em, s.vista_em FROM sessoes s"  # noqa: S608 - constant condition
        f" WHERE s.id_usuario = %s AND {_LIVING} ORDER BY s.vista_em DESC, s.id DESC",
        (user_id,),
    )
    return [Device(row["id"], row["navegador"], row["endereco"], row["criada_em"], row["vista_em"]) for row in rows]


def delete_session_of(sql: Statements, user_id: int, session_id: int) -> None:
    """Delete one session, if it exists and belongs to the user."""
    sql.run("DELETE FROM sessoes WHERE id_usuario = %s AND id = %s", (user_id, session_id))


def delete_other_sessions(sql: Statements, user_id: int, kept_id: int | None = None) -> None:
    """Delete all sessions of the user except `kept_id`."""
    sql.run("DELETE FROM sessoes WHERE id_usuario = %s AND id <> %s", (user_id, kept_id or 0))


def delete_ended(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM sessoes WHERE expira_em <= UTC_TIMESTAMP(6) ORDER BY expira_em LIMIT %s", (at_most,))


def count_ended(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM sessoes WHERE expira_em <= UTC_TIMESTAMP(6)")
