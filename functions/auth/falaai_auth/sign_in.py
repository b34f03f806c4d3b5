"""Signing in and out."""

import time
from dataclasses import dataclass

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import WrongCredentials
from falaai.repositories import sessions, users
from falaai.repositories.users import User
from falaai.secret_tokens import new_token
from falaai.web.current_user import stored_key
from falaai_auth.browsers import Browser
from falaai_auth.passwords import hash_password, is_outdated, is_right_password
from falaai_auth.schemas import Credentials

# A refusal takes this long, whatever the stored hash costs: hashes of the original FalaAI have other parameters, and
# would tell by time who has an old account. One hash took 0.17 s on two idle cores, 0.5 s on busy ones.
REFUSAL_SECONDS = 0.75


@dataclass(frozen=True)
class SignInResult:
    """Who signed in, and the token for the cookie; nothing but the cookie ever holds it."""

    user_id: int
    token: str


def sign_in(database: Database, form: Credentials, browser: Browser) -> SignInResult:
    """A new session; the one the browser brought along ends.

    Hashes once whether or not the account exists, and answers a refusal after REFUSAL_SECONDS. An account that waits
    for its confirmation is refused like a wrong password, for a stranger may have registered the address to see the
    difference. Raises WrongCredentials, TooManyRequests.
    """
    counters = (
        rate_limits.WRONG_PASSWORD_BY_PAIR.of(form.email, browser.address),
        rate_limits.WRONG_PASSWORD_BY_ADDRESS.of(browser.address),
        rate_limits.WRONG_PASSWORD_BY_ACCOUNT.of(form.email),
    )
    # Counted before the password is looked at, so that parallel guesses count too.
    rate_limits.take_all(database, *counters)
    answer_at = time.monotonic() + REFUSAL_SECONDS
    user = users.find_user_by_email(database, form.email)
    is_right = is_right_password(form.senha, user.password_hash if user else None)
    if user is None or not is_right or not user.is_verified:
        time.sleep(max(0.0, answer_at - time.monotonic()))
        raise WrongCredentials("unknown or unconfirmed email, or wrong password")
    rate_limits.give_back_all(database, *counters)
    signed_in = database.transaction(lambda sql: open_session(sql, user, form.senha, browser))
    if signed_in is None:
        raise WrongCredentials("the password was changed meanwhile")
    return signed_in


def open_session(sql: Statements, user: User, password: str, browser: Browser) -> SignInResult | None:
    """A session for a password that was right; nothing if the account was deleted or its password changed since."""
    now = users.lock_account(sql, user.id)
    if now is None or now.password_hash != user.password_hash:
        return None
    if is_outdated(user.password_hash):
        users.update_password_hash(sql, user.id, hash_password(password))
    if browser.old_token:
        sessions.delete_session(sql, stored_key(browser.old_token))
    token = new_token()
    sessions.add_session(sql, user.id, stored_key(token), browser.agent, browser.address)
    return SignInResult(user.id, token)


def sign_out(database: Database, token: str) -> None:
    """End the session for good; the cookie is worthless from now on."""
    sessions.delete_session(database, stored_key(token))
