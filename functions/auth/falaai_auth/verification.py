"""Verification of email addresses by links that are sent to them."""

from dataclasses import dataclass

import pymysql

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, LinkNotValid
from falaai.queue_messages import NO_EMAIL, EmailRequested
from falaai.queues import Queues
from falaai.repositories import personal_data, tokens, users
from falaai.repositories.tokens import Used
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose, link_key, new_token
from falaai.web import texts
from falaai_auth.browsers import Browser
from falaai_auth.passwords import is_right_password
from falaai_auth.registration_proof import is_proof
from falaai_auth.sign_in import SignInResult, open_session

_PURPOSES = (Purpose.VERIFY, Purpose.EMAIL)


@dataclass(frozen=True)
class Link:
    """A valid link. `needs_password` is False in the browser that registered the account, and for a new address."""

    purpose: Purpose
    needs_password: bool


def find_link(database: Database, token: str, proof: str = "") -> Link | None:
    """Return the link, or None if it is invalid. `proof` is that of the browser, or empty.

    This does not use the link, because email scanners fetch every link.
    """
    found = _find(database, token)
    if found is None:
        return None
    if found.purpose is not Purpose.VERIFY:
        return Link(found.purpose, needs_password=False)
    user = users.find_user(database, found.user_id) if proof else None
    return Link(found.purpose, not (user and is_proof(proof, user.email, user.password_hash)))


def verify(database: Database, token: str, password: str, browser: Browser, proof: str = "") -> SignInResult | None:
    """Use the link: verify the account and sign in, or move the account to its new address.

    Verifying needs the password of the registration. Otherwise a person could register the address of another
    person, who would then activate that account by opening the link. A new address needs no password, because the
    request for it needed one. The browser that registered the account has a proof in place of the password.

    Returns the new session, or None for a new address. Raises LinkNotValid for a link that is unknown, used or
    expired, for a cancelled change of address, and for an address that another account has verified since;
    InvalidInput for a wrong password, which leaves the link valid; TooManyRequests.
    """
    found = _find(database, token)
    if found is None:
        raise LinkNotValid("unknown, used or expired")
    if found.purpose is Purpose.VERIFY:
        if not password and proof:
            return _confirm_by_proof(database, found, token, proof, browser)
        return _confirm(database, found, token, password, browser)
    try:
        database.transaction(lambda sql: _move(sql, found, token))
    except pymysql.IntegrityError:
        raise LinkNotValid("the new address is taken") from None
    return None


def _find(database: Database, token: str) -> Used | None:
    return tokens.find_token(database, link_key(token), *_PURPOSES)


def _confirm(database: Database, found: Used, token: str, password: str, browser: Browser) -> SignInResult:
    # Counted by account, so that a new link does not reset the counter. Only a person who can read the email can
    # reach its limit.
    counters = (
        rate_limits.WRONG_PASSWORD_AT_LINK.of(found.user_id),
        rate_limits.WRONG_PASSWORD_BY_ADDRESS.of(browser.address),
    )
    rate_limits.take_all(database, *counters)
    user = users.find_user(database, found.user_id)
    if user is None or not is_right_password(password, user.password_hash):
        raise InvalidInput("senha", texts.REGISTRATION_PASSWORD_WRONG)
    rate_limits.give_back_all(database, *counters)
    return _use(database, user, token, password, browser)


def _confirm_by_proof(database: Database, found: Used, token: str, proof: str, browser: Browser) -> SignInResult:
    """Use the link in the browser that registered. It needs no limit, because a proof cannot be guessed."""
    user = users.find_user(database, found.user_id)
    if user is None or not is_proof(proof, user.email, user.password_hash):
        raise InvalidInput("senha", texts.REGISTRATION_PASSWORD_NEEDED)
    return _use(database, user, token, None, browser)


def _use(database: Database, user: User, token: str, password: str | None, browser: Browser) -> SignInResult:
    def confirm(sql: Statements) -> SignInResult:
        signed_in = open_session(sql, user, password, browser, new_token())
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
    if holder and not holder.is_verified:  # delete it: this user has proved to own the address
        personal_data.delete_rows(sql, holder.id)
    users.update_email(sql, user.id, found.payload)
    tokens.delete_tokens(sql, user.id, Purpose.PASSWORD)  # the old address may belong to another person by now


def resend(database: Database, queues: Queues, email: str, address: str) -> None:
    """Request another verification email if the account of this address is not verified.

    The limits count every address, known or unknown. Raises TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    counters = (
        *rate_limits.CONFIRMATION_EMAILS.of(email, address),
        rate_limits.EMAIL_REQUESTS_BY_ADDRESS.of(address),
    )
    with rate_limits.counted(database, *counters):
        user = users.find_user_by_email(database, email)
        waits = user is not None and not user.is_verified
        queues.send(EmailRequested(kind="verificar", user_id=user.id) if user and waits else NO_EMAIL)
