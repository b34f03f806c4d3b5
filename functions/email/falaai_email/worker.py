"""Writes and sends letters. Their links are made here, so the only copy of a link is in its letter."""

import unicodedata
from collections.abc import Callable

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.database import Database, Statements, database
from falaai.logs import logger
from falaai.queue_messages import EmailRequested
from falaai.repositories import tokens, users
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose, link_key, new_token
from falaai_email.email_sender import EmailSender, email_sender
from falaai_email.rendering import Letter, render_email

# Longer words are not greeted by: letters alone can say much.
LONGEST_NAME = 30


def handle(message: EmailRequested, age_seconds: float) -> None:
    """One message of the queue, with the process's own database and mailbox."""
    public_url = settings.read(settings.EmailSettings).public_url
    send_email(database(), email_sender(), message, public_url, age_seconds)


def send_email(
    database: Database, email_sender: EmailSender, message: EmailRequested, public_url: str, age_seconds: float
) -> None:
    """Make the link, then send. A second delivery of the message makes a newer link, and the older one ends.

    Raises Again and Never.
    """
    if message.letter == "nenhuma":
        return
    user = users.find_user(database, message.user_id)
    if user is None:
        retry_until_committed(f"user {message.user_id}", age_seconds)
        return
    letter = database.transaction(lambda sql: _write(sql, message, public_url))
    if letter is None and message.letter == "email":
        # The account was there before, so it says nothing of whether the new address is committed yet.
        retry_until_committed(f"new address of user {user.id}", age_seconds)
    if letter:
        email_sender.post(letter)
        logger().info("letter sent", extra={"letter": message.letter, "user_id": user.id})


def _write(sql: Statements, message: EmailRequested, public_url: str) -> Letter | None:
    """The account stays locked while its link is made: none is made for an address or password just replaced."""
    user = users.lock_account(sql, message.user_id)
    return _WRITERS[message.letter](sql, user, public_url) if user else None


def _verification(sql: Statements, user: User, public_url: str) -> Letter | None:
    if user.is_verified:
        return None
    link = _link(sql, user, Purpose.VERIFY, f"{public_url}/verify_link/")
    return render_email("verificar", user.email, greeting=_NO_NAME, link=link)


def _reset(sql: Statements, user: User, public_url: str) -> Letter | None:
    link = _link(sql, user, Purpose.PASSWORD, f"{public_url}/redefinir-senha/")
    return render_email("senha", user.email, greeting=_greeting(user), link=link)


def _new_email(sql: Statements, user: User, public_url: str) -> Letter | None:
    """To the new address, unless the person changed their mind.

    If another account has confirmed that address, its owner gets a notice instead, and the link is sent to no one: it
    is made all the same, because the person who asked can count links in the export.
    """
    if not user.new_email:
        return None
    link = _link(sql, user, Purpose.EMAIL, f"{public_url}/verify_link/", user.new_email)
    holder = users.find_user_by_email(sql, user.new_email)
    if holder and holder.is_verified:
        return _existing_account(sql, holder, public_url)
    return render_email("email", user.new_email, greeting=_NO_NAME, link=link)


def _notice(kind: str, path: str) -> "Writer":
    """A letter without a secret in it."""
    return lambda _sql, user, public_url: render_email(
        kind, user.email, greeting=_greeting(user), link=f"{public_url}{path}"
    )


_existing_account = _notice("conta_existente", "/login")


_NO_NAME = "Oi!"


def _greeting(user: User) -> str:
    """With the first name, if the address is confirmed and the name cannot be read as a sentence or an address.

    A stranger who registers an address chooses the name, and would write to its owner with our sender.
    """
    name = user.first_name
    is_plain = len(name) <= LONGEST_NAME and all(unicodedata.category(one)[0] in "LM" or one in "-'’" for one in name)
    return f"Oi, {name}." if name and is_plain and user.is_verified else _NO_NAME


def _link(sql: Statements, user: User, purpose: Purpose, prefix: str, payload: str = "") -> str:
    token = new_token()
    tokens.add_token(sql, user.id, purpose, link_key(token), payload)
    return f"{prefix}{token}"


Writer = Callable[[Statements, User, str], Letter | None]

_WRITERS: dict[str, Writer] = {
    "verificar": _verification,
    "senha": _reset,
    "email": _new_email,
    "conta_existente": _existing_account,
    "senha_trocada": _notice("senha_trocada", "/esqueci-senha"),
    "email_trocado": _notice("email_trocado", "/esqueci-senha"),
}
