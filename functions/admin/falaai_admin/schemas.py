"""Request and answer bodies of the admin function. No answer has a field for a text that a user wrote."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from falaai.repositories.ratings import Rating
from falaai.roles import Role
from falaai.web.email_addresses import OptionalEmail


def _nothing_if_empty(written: object) -> object:
    """Return None for an empty field of an HTML form."""
    return None if written == "" else written


# Messages a day of one account; None for the limit of the settings.
DailyLimit = Annotated[Annotated[int, Field(ge=0, le=1_000_000)] | None, BeforeValidator(_nothing_if_empty)]
Act = Literal["bloquear", "desbloquear", "cota", "papel", "encerrar", "reenviar", "apagar"]


class PeopleSearch(BaseModel):
    """POST /admin/people: the beginning of an address, and the id of the account after which the list goes on."""

    prefixo: Annotated[str, Field(max_length=254)] = ""
    depois: Annotated[int | None, BeforeValidator(_nothing_if_empty)] = None


class PersonAct(BaseModel):
    """POST /admin/people/{user_id}. `cota` takes `cota_diaria`, empty for the deployment's; `papel` takes `papel`."""

    acao: Act
    cota_diaria: DailyLimit = None
    papel: Role | None = None


class PersonView(BaseModel):
    """An account as operators see it."""

    id: int
    email: str
    confirmada: bool
    registrada_em: datetime
    papel: Role
    bloqueada: bool
    cota_diaria: int | None
    grupo: str


class PeopleView(BaseModel):
    """A page of accounts in the order of addresses. `depois` is the id to continue after, null at the end."""

    pessoas: list[PersonView]
    depois: int | None


class InvitationInput(BaseModel):
    """POST /admin/invitations. `grupo` is a label of the operators, and no text. With `email` there is one use."""

    email: OptionalEmail = ""
    usos: Annotated[int, Field(ge=1, le=1000)] = 1
    validade_dias: Annotated[int, Field(ge=1, le=365)] = 7
    cota_diaria: DailyLimit = None
    grupo: Annotated[str, Field(max_length=40, pattern=r"^([a-z0-9][a-z0-9-]*)?$")] = ""


class InvitationMade(BaseModel):
    """The link of a new invitation; null if it was emailed."""

    link: str | None


class InvitationView(BaseModel):
    """An invitation without its link. `estado` is aberto, usado, vencido or revogado."""

    id: int
    email: str
    usos: int
    usados: int
    cota_diaria: int | None
    grupo: str
    criado_em: datetime
    expira_em: datetime
    estado: Literal["aberto", "usado", "vencido", "revogado"]


class InvitationsView(BaseModel):
    """A page of invitations, the newest first. `depois` is the cursor to continue at, null at the end."""

    convites: list[InvitationView]
    depois: str | None


class UseView(BaseModel):
    """The use on a day, or in the month that begins with it. `pessoas` counts each user once for each day.

    `consultas` are the queries that Gemini made for the searches. `reais` is the cost of replies with their queries,
    and of titles, summaries and digests of files; the tokens are those of all of them. A file counts when its upload
    is allowed.
    """

    dia: date
    pessoas: int
    mensagens: int
    pensadas: int
    buscas: int
    consultas: int
    tokens_entrada: int
    tokens_saida: int
    arquivos: int
    megabytes: float
    reais: float


class FailureView(BaseModel):
    """How many replies failed with this code."""

    codigo: str
    falhas: int


class RatingView(BaseModel):
    """How many replies of a model were rated so. `motivo` is one of a list, and empty without one."""

    nota: Rating
    motivo: str
    modelo: str
    vezes: int


class UsageView(BaseModel):
    """The use of all users in the last days and months, and the failures and ratings of these days.

    `dolar_em_reais` is the rate of the costs, as it was on `dolar_do_dia`.
    """

    dias: list[UseView]
    meses: list[UseView]
    falhas: list[FailureView]
    avaliacoes: list[RatingView]
    dolar_em_reais: float
    dolar_do_dia: date


class OwnUsageView(BaseModel):
    """A user's own use today and in this month, and the limits of a day; null for a mode that is not offered.

    `dolar_em_reais` is the rate of the costs, as it was on `dolar_do_dia`.
    """

    hoje: UseView
    mes: UseView
    limite_mensagens: int
    limite_pensadas: int | None
    limite_buscas: int
    limite_megabytes: int
    dolar_em_reais: float
    dolar_do_dia: date


class EntryView(BaseModel):
    """One act of an operator. `valor` is a number or a role."""

    id: int
    id_admin: int
    id_alvo: int
    acao: str
    valor: str
    feita_em: datetime


class AuditView(BaseModel):
    """A page of acts, the newest first. `depois` is the cursor to continue at, null at the end."""

    atos: list[EntryView]
    depois: str | None


class Done(BaseModel):
    """The sentence about an act, and the page to open afterwards."""

    message: str
    redirect_url: str
