"""What people fill in, checked on the way in; the sentences are for them."""

from collections.abc import Collection
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from falaai.web import texts
from falaai_auth import passwords


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


def _good_password(password: str) -> str:
    """Never trimmed; what counts is its length and that few others have it."""
    if len(password) < passwords.MIN_CHARACTERS:
        raise ValueError(texts.PASSWORD_SHORT)
    if len(password) > passwords.MAX_CHARACTERS:
        raise ValueError(texts.PASSWORD_LONG)
    if passwords.is_common(password):
        raise ValueError(texts.PASSWORD_COMMON)
    return password


def personal_problem(password: str, names: Collection[str], emails: Collection[str]) -> str | None:
    """Return what is wrong with a password for the person of these names and addresses, or None."""
    if password.casefold() in emails:
        return texts.PASSWORD_IS_EMAIL
    return texts.PASSWORD_PERSONAL if passwords.is_common(password, [*names, *emails]) else None


def _nothing_if_empty(written: object) -> object:
    """A browser sends every field of a form, also those nobody filled in."""
    return None if written == "" or (isinstance(written, UploadFile) and not written.filename) else written


Email = Annotated[str, Field(max_length=254), AfterValidator(_normal_email)]
Name = Annotated[str, Field(max_length=100), AfterValidator(_name)]
# Text that cannot be encoded passes Pydantic where it has no rule of its own about a field, so here is one.
NewPassword = Annotated[str, Field(min_length=0), AfterValidator(_good_password)]
# A password of any sensible length is tried: what counts is whether it is right.
KnownPassword = Annotated[str, Field(max_length=1024)]
LinkToken = Annotated[str, Field(max_length=128)]
DESTINATION = r"^/chat(/[0-9]{1,10})?$"
IfGiven = BeforeValidator(_nothing_if_empty)


class Registration(BaseModel):
    """POST /register."""

    nome: Name
    email: Email
    senha: NewPassword
    # A box that is not ticked is not part of a browser's form.
    termos_registro: Annotated[bool, Field(validate_default=True), AfterValidator(_accepted)] = False

    @field_validator("senha")
    @classmethod
    def _not_about_the_person(cls, senha: str, info: ValidationInfo) -> str:
        names, emails = ([info.data[field]] if field in info.data else [] for field in ("nome", "email"))
        if problem := personal_problem(senha, names, emails):
            raise ValueError(problem)
        return senha


class PasswordCheck(BaseModel):
    """POST /password/check."""

    senha: KnownPassword


class Credentials(BaseModel):
    """POST /login. `destino` is the page to go on with: the chat or one conversation, never another site."""

    email: Email
    senha: KnownPassword
    destino: Annotated[str, Field(pattern=DESTINATION)] = "/chat"


class Confirmation(BaseModel):
    """POST /verify_link/{token}. The link of a changed address needs no password."""

    senha: KnownPassword = ""


class ForgottenPassword(BaseModel):
    """POST /password/forgot."""

    email: Email


class PasswordReset(BaseModel):
    """POST /password/reset."""

    token: LinkToken
    senha: NewPassword


class ProfileChange(BaseModel):
    """PUT /profile/update, multipart: whichever is given changes."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    nome_completo: Annotated[Name | None, IfGiven] = None
    email: Annotated[Email | None, IfGiven] = None
    senha: Annotated[NewPassword | None, IfGiven] = None
    senha_atual: KnownPassword = ""
    profile_pic: Annotated[UploadFile | None, IfGiven] = None


class AccountDeletion(BaseModel):
    """DELETE /profile."""

    senha_atual: KnownPassword
