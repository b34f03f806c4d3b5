"""What people fill in, checked on the way in; the sentences are for them."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from falaai import passwords
from falaai.web import texts


def _normal_email(written: str) -> str:
    """The address in the one spelling that is stored and compared: lower case, Unicode composed."""
    try:
        return validate_email(written.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError(texts.EMAIL_NOT_VALID) from None


def _name(written: str) -> str:
    name = " ".join(written.split())
    if not name or not name.isprintable():
        raise ValueError(texts.NAME_EMPTY)
    return name


def _accepted(terms: bool) -> bool:
    if not terms:
        raise ValueError(texts.TERMS_NOT_ACCEPTED)
    return terms


Email = Annotated[str, Field(max_length=254), AfterValidator(_normal_email)]


class Registration(BaseModel):
    """POST /register. The password is never trimmed; what counts is its length and that few others have it."""

    nome: Annotated[str, Field(max_length=100), AfterValidator(_name)]
    email: Email
    senha: str
    termos_registro: Annotated[bool, AfterValidator(_accepted)]

    @field_validator("senha")
    @classmethod
    def _good_password(cls, senha: str, info: ValidationInfo) -> str:
        if len(senha) < passwords.MIN_CHARACTERS:
            raise ValueError(texts.PASSWORD_SHORT)
        if len(senha) > passwords.MAX_CHARACTERS:
            raise ValueError(texts.PASSWORD_LONG)
        if senha.casefold() == info.data.get("email"):
            raise ValueError(texts.PASSWORD_IS_EMAIL)
        if passwords.is_common(senha):
            raise ValueError(texts.PASSWORD_COMMON)
        return senha


class Credentials(BaseModel):
    """POST /login. A password of any length is tried: what counts is whether it is right."""

    email: Email
    senha: str = Field(max_length=1024)
