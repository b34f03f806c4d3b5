"""Request bodies and their validation. Error messages are in Portuguese, for the user."""

from collections.abc import Collection
from typing import Annotated

from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from falaai.conversation_memory import INSTRUCTIONS_MAX_CHARACTERS
from falaai.fact_rules import FACT_MAX_CHARACTERS
from falaai.plain_lines import plain_line
from falaai.repositories.saved_prompts import PROMPT_MAX_CHARACTERS, PROMPT_TITLE_MAX_CHARACTERS
from falaai.web import texts
from falaai.web.email_addresses import Email
from falaai_auth import passwords


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
    """Return the password unchanged. Raises ValueError if it is too short, too long or easy to guess."""
    if len(password) < passwords.MIN_CHARACTERS:
        raise ValueError(texts.PASSWORD_SHORT)
    if len(password) > passwords.MAX_CHARACTERS:
        raise ValueError(texts.PASSWORD_LONG)
    if passwords.is_common(password):
        raise ValueError(texts.PASSWORD_COMMON)
    return password


def personal_problem(password: str, names: Collection[str], emails: Collection[str]) -> str | None:
    """Return an error message for a password that contains a name or address of the user, or None."""
    if password.casefold() in emails:
        return texts.PASSWORD_IS_EMAIL
    return texts.PASSWORD_PERSONAL if passwords.is_common(password, [*names, *emails]) else None


def _nothing_if_empty(written: object) -> object:
    """Return None for an empty field: a browser also sends the fields of a form that were left empty."""
    return None if written == "" or (isinstance(written, UploadFile) and not written.filename) else written


def _with_plain_line_ends(written: object) -> object:
    """A form sends each line end as two characters, which the user has not written."""
    return written.replace("\r\n", "\n") if isinstance(written, str) else written


Name = Annotated[str, Field(max_length=100), AfterValidator(_name)]
# Pydantic refuses text that cannot be encoded only if the field has a length rule.
NewPassword = Annotated[str, Field(min_length=0), AfterValidator(_good_password)]
# A password to check against the stored hash. The rules for new passwords do not apply to it.
KnownPassword = Annotated[str, Field(max_length=1024)]
LinkToken = Annotated[str, Field(max_length=128)]
DESTINATION = r"^/(chat(/[0-9]{1,10})?|profile)$"
ADMIN_DESTINATION = r"^/admin(/[a-z]{1,20}(/[0-9]{1,20})?)?$"
IfGiven = BeforeValidator(_nothing_if_empty)
Instructions = Annotated[
    str,
    Field(max_length=INSTRUCTIONS_MAX_CHARACTERS),
    BeforeValidator(_with_plain_line_ends),
    AfterValidator(str.strip),
]


class Registration(BaseModel):
    """POST /register."""

    nome: Name
    email: Email
    # The token of an invitation; empty without one.
    convite: LinkToken = ""
    senha: NewPassword
    # A browser does not send a checkbox that is not checked.
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
    """POST /login. `destino` is the path to open after sign-in: the chat, one conversation or the profile."""

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
    """PUT /profile/update, multipart. Only the given fields change; an empty field counts as not given.

    `remover_instrucoes` removes the stored instructions, unless `instrucoes` has new ones.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    nome_completo: Annotated[Name | None, IfGiven] = None
    email: Annotated[Email | None, IfGiven] = None
    senha: Annotated[NewPassword | None, IfGiven] = None
    senha_atual: KnownPassword = ""
    profile_pic: Annotated[UploadFile | None, IfGiven] = None
    remover_foto: bool = False
    instrucoes: Instructions = ""
    remover_instrucoes: bool = False


def _fact(written: str) -> str:
    text = plain_line(written)
    if not text:
        raise ValueError(texts.FACT_EMPTY)
    return text


class FactInput(BaseModel):
    """POST /memory and PATCH /memory/{id}."""

    texto: Annotated[str, Field(max_length=FACT_MAX_CHARACTERS), AfterValidator(_fact)]


def _prompt_title(written: str) -> str:
    title = plain_line(written)
    if not title:
        raise ValueError(texts.PROMPT_TITLE_EMPTY)
    return title


def _prompt_text(written: str) -> str:
    if not written.strip():
        raise ValueError(texts.PROMPT_EMPTY)
    return written.strip()


class PromptInput(BaseModel):
    """POST /prompts and PATCH /prompts/{id}."""

    titulo: Annotated[str, Field(max_length=PROMPT_TITLE_MAX_CHARACTERS), AfterValidator(_prompt_title)]
    texto: Annotated[
        str,
        Field(max_length=PROMPT_MAX_CHARACTERS),
        BeforeValidator(_with_plain_line_ends),
        AfterValidator(_prompt_text),
    ]


class MemoryChange(BaseModel):
    """PATCH /memory."""

    pausada: bool


class PasswordConfirmation(BaseModel):
    """POST /password/confirm. `destino` is the page of the operator to open afterwards."""

    senha_atual: KnownPassword
    destino: Annotated[str, Field(pattern=ADMIN_DESTINATION)] = "/admin"


class AccountDeletion(BaseModel):
    """DELETE /profile."""

    senha_atual: KnownPassword


class SearchChoice(BaseModel):
    """PUT /profile/search: whether new messages search the web."""

    buscar: bool
