"""Proving to own an e-mail address by the link that was sent there."""

import pymysql

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, LinkNotValid
from falaai.queue_messages import NO_EMAIL, EmailRequested
from falaai.queues import Queues
from falaai.repositories import personal_data, tokens, users
from falaai.repositories.tokens import Used
from falaai.secret_tokens import Purpose, link_key
from falaai.web import texts
from falaai_auth.browsers import Browser
from falaai_auth.passwords import is_right_password
from falaai_auth.sign_in import SignInResult, open_session

_PURPOSES = (Purpose.VERIFY, Purpose.EMAIL)


def find_purpose(database: Database, token: str) -> Purpose | None:
    """What the link would do; nothing if it would not work. Looking changes nothing: mail scanners fetch every link
    they see."""
    found = _find(database, token)
    return found.purpose if found else None


def verify(database: Database, token: str, password: str, browser: Browser) -> SignInResult | None:
    """Use the link up: confirm the account and sign its owner in, or move the account to its new address.

    Confirming needs the password chosen at registration. Without it, anyone who registers the address of another
    person would get an account that this person opens with the link in her email. A new address needs none: the
    request for it needed the password. Raises LinkNotValid for a link that is unknown, used or expired, for a change
    of address that is no longer asked for, and for an address that another account has confirmed since; InvalidInput
    for a wrong password, which leaves the link as it is; TooManyRequests.
    """
    found = _find(database, token)
    if found is None:
        raise LinkNotValid("unknown, used or expired")
    if found.purpose is Purpose.VERIFY:
        return _confirm(database, found, token, password, browser)
    try:
        database.transaction(lambda sql: _move(sql, found, token))
    except pymysql.IntegrityError:
        raise LinkNotValid("the new address is taken") from None
    return None


def _find(database: Database, token: str) -> Used | None:
    return tokens.find_token(database, link_key(token), *_PURPOSES)


def _confirm(database: Database, found: Used, token: str, password: str, browser: Browser) -> SignInResult:
    # By account, so that a newer link does not renew them; only who reads the email can reach this counter.
    counters = (
        rate_limits.WRONG_PASSWORD_AT_LINK.of(found.user_id),
        rate_limits.WRONG_PASSWORD_BY_ADDRESS.of(browser.address),
    )
    rate_limits.take_all(database, *counters)
    user = users.find_user(database, found.user_id)
    if user is None or not is_right_password(password, user.password_hash):
        raise InvalidInput("senha", texts.REGISTRATION_PASSWORD_WRONG)
    rate_limits.give_back_all(database, *counters)

    def confirm(sql: Statements) -> SignInResult:
        signed_in = open_session(sql, user, password, browser)
        if signed_in is None or not tokens.update_used_token(sql, link_key(token), Purpose.VERIFY):
            raise LinkNotValid("used or registered again meanwhile")
        users.update_verified(sql, user.id)
        return signed_in

    return database.transaction(confirm)


def _move(sql: Statements, found: Used, token: str) -> None:
    user = users.lock_account(sql, found.user_id)
    if user is None or not found.payload or user.new_email != found.payload:
        raise LinkNotValid("the change was called off or replaced")
    if not tokens.update_used_token(sql, link_key(token), Purpose.EMAIL):
        raise LinkNotValid("used meanwhile")
    holder = users.find_user_by_email(sql, found.payload)
    if holder and not holder.is_verified:  # nobody has proved to own it, and now somebody has
        personal_data.delete_rows(sql, holder.id)
    users.update_email(sql, user.id, found.payload)
    tokens.delete_tokens(sql, user.id, Purpose.PASSWORD)  # links at the old address, which may be another's by now


def resend(database: Database, queues: Queues, email: str, address: str) -> None:
    """Ask for another letter if this address waits for one; the limits count any address, known or not.

    Raises TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    counters = (
        *rate_limits.CONFIRMATION_EMAILS.of(email, address),
        rate_limits.EMAIL_REQUESTS_BY_ADDRESS.of(address),
    )
    with rate_limits.counted(database, *counters):
        user = users.find_user_by_email(database, email)
        waits = user is not None and not user.is_verified
        queues.send(EmailRequested(kind="verificar", user_id=user.id) if user and waits else NO_EMAIL)
