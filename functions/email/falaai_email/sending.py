"""Writes and sends letters. Their links are made here, so the only copy of a link is in its letter."""

from falaai import settings
from falaai.batches import missing_row
from falaai.database import Database, Statements, database
from falaai.logs import logger
from falaai.queue_messages import LetterRequested
from falaai.repositories import tokens, users
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose, link_key, new_token
from falaai_email.letters import Letter, write_letter
from falaai_email.mailbox import Mailbox, mailbox


def handle(message: LetterRequested, age_seconds: float) -> None:
    """One message of the queue, with the process's own database and mailbox."""
    public_url = settings.read(settings.LetterSettings).public_url
    send_letter(database(), mailbox(), message, public_url, age_seconds)


def send_letter(
    database: Database, mailbox: Mailbox, message: LetterRequested, public_url: str, age_seconds: float
) -> None:
    """Make the link, then send. A second delivery of the message makes a newer link, and the older one ends.

    Raises Again and Never.
    """
    user = database.autocommit(lambda sql: users.find_user(sql, message.user_id))
    if user is None:
        missing_row(f"user {message.user_id}", age_seconds)
        return
    letter = _existing_account(user, public_url) if message.letter == "conta_existente" else None
    if message.letter == "verificar" and not user.is_verified:
        letter = database.transaction(lambda sql: _verification(sql, user, public_url))
    if letter:
        mailbox.post(letter)
        logger().info("letter sent", extra={"letter": message.letter, "user_id": user.id})


def _verification(sql: Statements, user: User, public_url: str) -> Letter:
    token = new_token()
    tokens.add_token(sql, user.id, Purpose.VERIFY, link_key(token))
    return write_letter("verificar", user.email, name=user.first_name, link=f"{public_url}/verify_link/{token}")


def _existing_account(user: User, public_url: str) -> Letter:
    return write_letter("conta_existente", user.email, name=user.first_name, link=f"{public_url}/login")
