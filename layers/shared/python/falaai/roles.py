"""Roles of accounts. This module alone decides who is an operator."""

from enum import StrEnum

from falaai import settings


class Role(StrEnum):
    """The stored role of an account."""

    PERSON = "pessoa"
    ADMIN = "admin"


def is_admin(role: Role, email: str) -> bool:
    """Return whether an account is an operator: by its stored role, or by the setting ADMIN_EMAILS.

    The caller must have read both from a session, which exists only for a confirmed address that is not blocked.
    """
    return role is Role.ADMIN or email in admin_emails()


def admin_emails() -> tuple[str, ...]:
    """Return the addresses of the setting ADMIN_EMAILS, in lower case."""
    emails: tuple[str, ...] = settings.read(settings.AdminSettings).admin_emails
    return emails
