"""Makes links, renders emails and sends them. The only copy of a link is in its email."""

import unicodedata
from collections.abc import Callable

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.database import Database, Statements, database
from falaai.logs import logger
from falaai.queue_messages import EmailRequested
from falaai.repositories import invitations, tokens, users
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose, link_key, new_token
from falaai_email.email_sender import EmailSender, email_sender
from falaai_email.rendering import Email, render_email

# A longer name could hold a message, so the greeting leaves it out.
LONGEST_NAME = 30


def handle(message: EmailRequested, age_seconds: float) -> None:
    """Handle one queue message with the database and the email sender of this process."""
    public_url = settings.read(settings.EmailSettings).public_url
    send_email(database(), email_sender(), message, public_url, age_seconds)


def send_email(
    database: Database, email_sender: EmailSender, message: EmailRequested, public_url: str, age_seconds: float
) -> None:
    """Make the link and send the email. A second delivery of the message makes a new link, which ends the old one.

    Raises RetryLater and PermanentFailure.
    """
    if message.kind == "nenhuma":
        return
    if message.kind == "convite":
        _send_invitation(database, email_sender, message.user_id, public_url, age_seconds)
        return
    user = users.find_user(database, message.user_id)
    if user is None:
        retry_until_committed(f"user {message.user_id}", age_seconds)
        return
    email = database.transaction(lambda sql: _write(sql, message, public_url))
    if email is None and message.kind == "email":
        # The account existed before, so the new address may still be uncommitted.
        retry_until_committed(f"new address of user {user.id}", age_seconds)
    if email:
        email_sender.send(email)
        logger().info("email sent", extra={"kind": message.kind, "user_id": user.id})


def _send_invitation(
    database: Database, email_sender: EmailSender, invitation_id: int, public_url: str, age_seconds: float
) -> None:
    """Make the link of an invitation and send it to the invited address. A revoked or used one sends nothing."""

    def write(sql: Statements) -> tuple[bool, Email | None]:
        invitation = invitations.lock_invitation(sql, invitation_id)
        if invitation is None or invitation.is_revoked or invitation.used:
            return invitation is not None, None
        token = new_token()
        invitations.update_key(sql, invitation_id, link_key(token))
        link = f"{public_url}/convite/{token}"
        return True, render_email("convite", invitation.email, greeting=_NO_NAME, link=link)

    is_there, email = database.transaction(write)
    if not is_there:
        retry_until_committed(f"invitation {invitation_id}", age_seconds)
    if email:
        email_sender.send(email)
        logger().info("email sent", extra={"kind": "convite", "invitation_id": invitation_id})


def _write(sql: Statements, message: EmailRequested, public_url: str) -> Email | None:
    """Render the email under a lock of the account, so that no link is made for a replaced address or password."""
    user = users.lock_account(sql, message.user_id)
    return _WRITERS[message.kind](sql, user, public_url) if user else None


def _verification(sql: Statements, user: User, public_url: str) -> Email | None:
    if user.is_verified:
        return None
    link = _link(sql, user, Purpose.VERIFY, f"{public_url}/verify_link/")
    return render_email("verificar", user.email, greeting=_NO_NAME, link=link)


def _reset(sql: Statements, user: User, public_url: str) -> Email | None:
    link = _link(sql, user, Purpose.PASSWORD, f"{public_url}/redefinir-senha/")
    return render_email("senha", user.email, greeting=_greeting(user), link=link)


def _new_email(sql: Statements, user: User, public_url: str) -> Email | None:
    """Render the email to the new address. Returns None if the request was withdrawn.

    If another account has confirmed that address, its owner gets a notice without the link. The link is stored all
    the same: the requester can count stored links in the data export.
    """
    if not user.new_email:
        return None
    link = _link(sql, user, Purpose.EMAIL, f"{public_url}/verify_link/", user.new_email)
    holder = users.find_user_by_email(sql, user.new_email)
    if holder and holder.is_verified:
        return _existing_account(sql, holder, public_url)
    return render_email("email", user.new_email, greeting=_NO_NAME, link=link)


def _notice(kind: str, path: str) -> "Writer":
    """Return a writer of emails that hold no secret."""
    return lambda _sql, user, public_url: render_email(
        kind, user.email, greeting=_greeting(user), link=f"{public_url}{path}"
    )


_existing_account = _notice("conta_existente", "/login")


_NO_NAME = "Oi!"


def _greeting(user: User) -> str:
    """Greet with the first name if the address is confirmed and the name cannot be read as a sentence or an address.

    Anyone may register an address and choose the name; that text must not reach the address's owner from our sender.
    """
    name = user.first_name
    is_plain = len(name) <= LONGEST_NAME and all(unicodedata.category(one)[0] in "LM" or one in "-'’" for one in name)
    return f"Oi, {name}." if name and is_plain and user.is_verified else _NO_NAME


def _link(sql: Statements, user: User, purpose: Purpose, prefix: str, payload: str = "") -> str:
    token = new_token()
    tokens.add_token(sql, user.id, purpose, link_key(token), payload)
    return f"{prefix}{token}"


Writer = Callable[[Statements, User, str], Email | None]

_WRITERS: dict[str, Writer] = {
    "verificar": _verification,
    "senha": _reset,
    "email": _new_email,
    "conta_existente": _existing_account,
    "senha_trocada": _notice("senha_trocada", "/esqueci-senha"),
    "exportacao": _notice("exportacao", "/login?destino=/profile"),
    "email_trocado": _notice("email_trocado", "/esqueci-senha"),
}
