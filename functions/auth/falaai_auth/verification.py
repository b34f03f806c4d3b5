"""Proving to own an e-mail address by the link that was sent there."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import LinkNotValid
from falaai.queue_messages import LetterRequested
from falaai.queues import Queues
from falaai.repositories import tokens, users
from falaai.secret_tokens import Purpose, link_key


def is_usable(database: Database, token: str) -> bool:
    """Whether the link would work. Looking changes nothing: mail scanners fetch every link they see."""
    return database.autocommit(lambda sql: tokens.is_usable(sql, Purpose.VERIFY, link_key(token)))


def verify(database: Database, token: str) -> None:
    """Use the link up and open the account. Raises LinkNotValid for an unknown, used or expired one."""

    def use(sql: Statements) -> None:
        user_id = tokens.use_token(sql, Purpose.VERIFY, link_key(token))
        if user_id is None:
            raise LinkNotValid("unknown, used or expired")
        users.mark_verified(sql, user_id)

    database.transaction(use)


def resend(database: Database, queues: Queues, email: str) -> None:
    """Ask for another letter if this address waits for one; the limits count any address, known or not.

    Raises TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    rate_limits.take(database, rate_limits.LETTER_PAUSE, email)
    rate_limits.take(database, rate_limits.LETTERS_A_DAY, email)
    user = database.autocommit(lambda sql: users.find_user_by_email(sql, email))
    if user and not user.is_verified:
        queues.send(LetterRequested(letter="verificar", user_id=user.id))
