"""Registration. Its answer does not reveal whether the address already has an account."""

import pymysql

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.queue_messages import EmailRequested
from falaai.queues import Queues
from falaai.repositories import tokens, users
from falaai.secret_tokens import Purpose
from falaai_auth.carried_usage import carry_over, find_usage
from falaai_auth.passwords import hash_password
from falaai_auth.registration_proof import make_proof
from falaai_auth.schemas import Registration
from falaai_auth.sign_up_terms import check_invitation, check_sign_up, use_invitation


def register(database: Database, queues: Queues, form: Registration, address: str) -> str:
    """Create an account and request its verification email in one transaction.

    Returns the proof that this browser has registered it, for a cookie.
    If the address is taken, email its owner; the caller gets the same answer after the same work.
    `address` is the IP address of the request. Raises SignUpClosed, InvitationNeeded, InvitationNotValid,
    TooManyRequests, QueueUnavailable, DatabaseUnavailable.
    """
    if form.convite:  # before the counters: a refusal here leaves no pause before the next registration
        check_invitation(database, form.convite, form.email)
    else:
        check_sign_up(form.convite)
    counters = (
        rate_limits.SIGN_UP_BY_ADDRESS.of(address),
        *rate_limits.CONFIRMATION_EMAILS.of(form.email, address),
    )
    with rate_limits.counted(database, *counters):
        return _register(database, queues, form)


def _register(database: Database, queues: Queues, form: Registration) -> str:
    password_hash = hash_password(form.senha)

    def write(sql: Statements) -> None:
        queues.send(_write_account(sql, form, password_hash))

    try:
        database.transaction(write)
    except pymysql.IntegrityError:
        database.transaction(write)  # another request added this address meanwhile; now it is found
    return make_proof(form.email, password_hash)


def _write_account(sql: Statements, form: Registration, password_hash: str) -> EmailRequested:
    """Create or update the account. Returns the email to request.

    A free, an unverified and a taken address need the same number of statements.
    """
    terms = use_invitation(sql, form)
    user = users.find_user_by_email(sql, form.email)
    used = find_usage(sql, form.email)
    if user is None:
        user_id = users.add_user(sql, form.nome, form.email, password_hash, terms.daily_messages, terms.group)
        if used:
            carry_over(sql, user_id, used)
    else:
        user_id = user.id
        # no effect on a verified account
        users.update_unverified_user(sql, user_id, form.nome, password_hash, terms.daily_messages, terms.group)
    tokens.delete_tokens(sql, user_id, Purpose.VERIFY)  # another person may have requested earlier links
    return EmailRequested(kind="conta_existente" if user and user.is_verified else "verificar", user_id=user_id)
