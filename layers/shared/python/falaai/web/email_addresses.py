"""Email addresses in request bodies."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

from falaai.web import texts


def _normal_email(written: str) -> str:
    """Return the address as it is stored and compared: lower case, Unicode NFC."""
    try:
        return validate_email(written.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError(texts.EMAIL_NOT_VALID) from None


Email = Annotated[str, Field(max_length=254), AfterValidator(_normal_email)]


def _normal_email_if_any(written: str) -> str:
    return _normal_email(written) if written.strip() else ""


# An address, or an empty text without one.
OptionalEmail = Annotated[str, Field(max_length=254), AfterValidator(_normal_email_if_any)]
