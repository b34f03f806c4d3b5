"""Password reset by a link that is sent to the email address of the account."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, LinkNotValid
from falaai.queue_messages import NO_EMAIL, EmailRequested
from falaai.queues import Queues
from falaai.repositories import sessions, tokens, users
from falaai.repositories.tokens import Used
from falaai.secret_tokens import Purpose, link_key
from falaai.web import texts
from falaai_auth.passwords import hash_password


def ask_for_reset(database: Database, queues: Queues, email: str, address: str) -> None:
    """Request the reset email if the address has an account.

    An unknown address takes the same steps and limits, so that timing reveals nothing.
    Raises TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    counters = (*rate_limits.RESET_EMAILS.of(email, address), rate_limits.EMAIL_REQUESTS_BY_ADDRESS.of(address))
    with rate_limits.counted(database, *counters):
        user = users.find_user_by_email(database, email)
        queues.send(EmailRequested(kind="senha", user_id=user.id) if user else NO_EMAIL)


def is_usable(database: Database, token: str) -> bool:
    """Return whether the link is valid, without using it."""
    return _find(database, token) is not None


def _find(database: Database, token: str) -> Used | None:
    return tokens.find_token(database, link_key(token), Purpose.PASSWORD)


def reset(database: Database, queues: Queues, token: str, password: str) -> None:
    """Use the link, set the password, end every session and cancel a pending change of address.

    The link also proves that the user owns the address: the account becomes verified, and its verification links end.

    Raises LinkNotValid, InvalidInput, QueueUnavailable, DatabaseUnavailable.
    """
    found = _find(database, token)
    if found is None:  # before hashing, so that invalid links cost no CPU time
        raise LinkNotValid("unknown, used or expired")
    password_hash = hash_password(password)
    database.transaction(lambda sql: _reset(sql, queues, found, token, password, password_hash))


def _reset(sql: Statements, queues: Queues, found: Used, token: str, password: str, password_hash: str) -> None:
    user = users.lock_account(sql, found.user_id)
    if user is None or not tokens.update_used_token(sql, link_key(token), Purpose.PASSWORD):
        raise LinkNotValid("used meanwhile")
    if password.casefold() == user.email:
        raise InvalidInput("senha", texts.PASSWORD_IS_EMAIL)
    users.update_password_hash(sql, user.id, password_hash)
    users.update_verified(sql, user.id)
    users.update_new_email(sql, user.id, None)
    tokens.delete_tokens(sql, user.id, Purpose.EMAIL, Purpose.VERIFY)
    sessions.delete_other_sessions(sql, user.id)
    queues.send(EmailRequested(kind="senha_trocada", user_id=user.id))
