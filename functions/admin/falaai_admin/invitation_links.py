"""Invitations: a link that the operator passes on, or an email to one address."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import NotFound
from falaai.queue_messages import EmailRequested
from falaai.queues import Queues
from falaai.repositories import audit, invitations
from falaai.repositories.invitations import NewInvitation
from falaai.repositories.sessions import Session
from falaai.secret_tokens import link_key, new_token
from falaai_admin.schemas import InvitationInput


def invite(database: Database, queues: Queues, session: Session, form: InvitationInput, address: str) -> str:
    """Store an invitation. Returns the token of its link, or "" if the email function makes the link and sends it.

    `address` is the IP address of the request. Raises TooManyRequests, Unavailable.
    """
    if form.email:
        rate_limits.take_all(database, *rate_limits.INVITATION_EMAILS.of(form.email, address))
    token = new_token()
    uses = 1 if form.email else form.usos
    new = NewInvitation(form.email, uses, form.validade_dias, form.cota_diaria, form.grupo)

    def work(sql: Statements) -> None:
        invitation_id = invitations.add_invitation(sql, session.user_id, link_key(token), new)
        audit.add_entry(sql, session.user_id, audit.NO_ACCOUNT, "convidar", str(invitation_id))
        if form.email:
            queues.send(EmailRequested(kind="convite", user_id=invitation_id))

    database.transaction(work)
    return "" if form.email else token


def revoke(database: Database, session: Session, invitation_id: int) -> None:
    """End an invitation. Accounts that were made with it stay. Raises NotFound."""

    def work(sql: Statements) -> None:
        if invitations.lock_invitation(sql, invitation_id) is None:
            raise NotFound("invitation")
        invitations.update_revoked(sql, invitation_id)
        audit.add_entry(sql, session.user_id, audit.NO_ACCOUNT, "revogar", str(invitation_id))

    database.transaction(work)
