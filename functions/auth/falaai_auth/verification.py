"""Proving to own an e-mail address by the link that was sent there."""

import pymysql

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import LinkNotValid
from falaai.queue_messages import NO_LETTER, LetterRequested
from falaai.queues import Queues
from falaai.repositories import personal_data, tokens, users
from falaai.secret_tokens import Purpose, link_key

_PURPOSES = (Purpose.VERIFY, Purpose.EMAIL)


def is_usable(database: Database, token: str) -> bool:
    """Whether the link would work. Looking changes nothing: mail scanners fetch every link they see."""
    return database.autocommit(lambda sql: tokens.is_usable(sql, link_key(token), *_PURPOSES))


def verify(database: Database, token: str) -> None:
    """Use the link up, and open the account or move it to its new address.

    Raises LinkNotValid for a link that is unknown, used or expired, for a change of address that is no longer asked
    for, and for an address that another account has confirmed since.
    """
    try:
        database.transaction(lambda sql: _verify(sql, token))
    except pymysql.IntegrityError:
        raise LinkNotValid("the new address is taken") from None


def _verify(sql: Statements, token: str) -> None:
    used = tokens.use_token(sql, link_key(token), *_PURPOSES)
    if used is None:
        raise LinkNotValid("unknown, used or expired")
    if used.purpose is Purpose.VERIFY:
        users.mark_verified(sql, used.user_id)
        return
    user = users.find_user_to_write(sql, used.user_id)
    if user is None or not used.payload or user.new_email != used.payload:
        raise LinkNotValid("the change was called off or replaced")
    holder = users.find_user_by_email(sql, used.payload)
    if holder and not holder.is_verified:  # nobody has proved to own it, and now somebody has
        personal_data.delete_rows(sql, holder.id)
    users.change_email(sql, user.id, used.payload)


def resend(database: Database, queues: Queues, email: str) -> None:
    """Ask for another letter if this address waits for one; the limits count any address, known or not.

    Raises TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    rate_limits.take(database, rate_limits.LETTER_PAUSE, email)
    rate_limits.take(database, rate_limits.LETTERS_A_DAY, email)
    user = database.autocommit(lambda sql: users.find_user_by_email(sql, email))
    waits = user is not None and not user.is_verified
    queues.send(LetterRequested(letter="verificar", user_id=user.id) if user and waits else NO_LETTER)
