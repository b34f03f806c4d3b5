"""Sign-in and sign-out."""

import time
from dataclasses import dataclass

from falaai import rate_limits, settings
from falaai.database import Database, Statements
from falaai.errors import AccountBlocked, WrongCredentials
from falaai.repositories import sessions, users
from falaai.repositories.users import User
from falaai.secret_tokens import new_token
from falaai.web import texts
from falaai.web.current_user import stored_key
from falaai_auth.browsers import Browser
from falaai_auth.passwords import hash_password, is_outdated, is_right_password
from falaai_auth.schemas import Credentials

# Seconds that every refusal takes. Hashes of the original FalaAI have other parameters: without a fixed duration, the
# time would reveal which addresses have an old account. One hash took 0.17 s on two idle cores, 0.5 s on busy ones.
REFUSAL_SECONDS = 0.75


@dataclass(frozen=True)
class SignInResult:
    """The user who signed in, and the session token. Only the cookie may hold the token."""

    user_id: int
    token: str


def sign_in(database: Database, form: Credentials, browser: Browser) -> SignInResult:
    """Start a session and end the browser's previous one.

    An unknown address, an unverified account and a wrong password give the same refusal after REFUSAL_SECONDS and
    one hash. Unverified accounts are included because anyone can register any address to observe the difference.
    A blocked account is refused after the right password only, with the address for requests about its data.
    Raises WrongCredentials, AccountBlocked, TooManyRequests.
    """
    counters = (
        rate_limits.WRONG_PASSWORD_BY_PAIR.of(form.email, browser.address),
        rate_limits.WRONG_PASSWORD_BY_ADDRESS.of(browser.address),
        rate_limits.WRONG_PASSWORD_BY_ACCOUNT.of(form.email),
    )
    # Counted before the password is checked, so that parallel guesses count too.
    rate_limits.take_all(database, *counters)
    answer_at = time.monotonic() + REFUSAL_SECONDS
    user = users.find_user_by_email(database, form.email)
    is_right = is_right_password(form.senha, user.password_hash if user else None)
    if user is None or not is_right or not user.is_verified:
        time.sleep(max(0.0, answer_at - time.monotonic()))
        raise WrongCredentials("unknown or unconfirmed email, or wrong password")
    rate_limits.give_back_all(database, *counters)
    if user.is_blocked:
        contact = settings.read(settings.OperatorSettings).contact_email
        raise AccountBlocked("blocked by an operator").about(contato=contact or texts.OPERATOR)
    token = new_token()

    def has_session(sql: Statements) -> bool:
        users.lock_user(sql, user.id)  # waits for a commit whose answer was lost
        return sessions.find_session(sql, stored_key(token)) is not None

    signed_in = database.transaction(
        lambda sql: open_session(sql, user, form.senha, browser, token), has_committed=has_session
    )
    if signed_in is None:
        raise WrongCredentials("the password was changed meanwhile")
    return signed_in


def open_session(
    sql: Statements, user: User, password: str | None, browser: Browser, token: str
) -> SignInResult | None:
    """Start a session with this token after `password`, or a proof in its place, was checked against `user`.

    Returns None if the account was deleted or blocked or its password changed since then.
    """
    now = users.lock_account(sql, user.id)
    if now is None or now.is_blocked or now.password_hash != user.password_hash:
        return None
    if password is not None and is_outdated(user.password_hash):
        users.update_password_hash(sql, user.id, hash_password(password))
    if browser.old_token:
        sessions.delete_session(sql, stored_key(browser.old_token))
    sessions.add_session(sql, user.id, stored_key(token), browser.agent, browser.address)
    return SignInResult(user.id, token)


def sign_out(database: Database, token: str) -> None:
    """Delete the session, so that its cookie is no longer valid."""
    sessions.delete_session(database, stored_key(token))
