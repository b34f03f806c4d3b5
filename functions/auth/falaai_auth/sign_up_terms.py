"""Who may register: everybody, people with an invitation, or no one (SIGNUP); and the terms of an invitation."""

from dataclasses import dataclass

from falaai import settings
from falaai.database import Database, Statements
from falaai.errors import InvitationNeeded, InvitationNotValid, SignUpClosed
from falaai.repositories import invitations
from falaai.secret_tokens import link_key, session_key
from falaai_auth.schemas import Registration


@dataclass(frozen=True)
class SignUpTerms:
    """What an account gets from its invitation: its own daily limit, and its group."""

    daily_messages: int | None = None
    group: str | None = None


def check_sign_up(invitation: str) -> None:
    """Raise SignUpClosed, or InvitationNeeded for a registration without the token of one."""
    mode = settings.read(settings.SignUpSettings).signup
    if mode == "closed":
        raise SignUpClosed("SIGNUP=closed")
    if mode == "invite" and not invitation:
        raise InvitationNeeded("SIGNUP=invite")


def check_invitation(database: Database, token: str, email: str = "") -> None:
    """Raise SignUpClosed, or InvitationNotValid for a link that cannot be used. It changes nothing.

    `email` is the address that registers, if it is known: it may have used the invitation before.
    """
    check_sign_up(token)
    found = invitations.find_open_invitation(database, link_key(token))
    if found is None or (email and found.email not in ("", email)) or (not email and found.used >= found.uses):
        raise InvitationNotValid("unknown, revoked, expired, used up, or for another address")


def use_invitation(sql: Statements, form: Registration) -> SignUpTerms:
    """Use the invitation of a registration, if it has one, in the transaction that stores the account.

    A use counts whether or not the address has an account: otherwise the number of uses left would tell. The same
    address may register again with the same invitation, which counts once. Registrations with one invitation wait for
    each other, so that it never makes more accounts than it has uses. Raises InvitationNotValid.
    """
    if not form.convite:
        return SignUpTerms()
    found = invitations.lock_open_invitation(sql, link_key(form.convite))
    if found is None or found.email not in ("", form.email):
        raise InvitationNotValid("unknown, revoked, expired, or for another address")
    secret = settings.read(settings.SessionSettings).session_secret_key.get_secret_value()
    if invitations.add_use(sql, found.id, session_key(f"convite {form.email}", secret)):
        if found.used >= found.uses:
            raise InvitationNotValid("used up")
        invitations.update_used(sql, found.id)
    return SignUpTerms(found.daily_messages, found.group or None)
