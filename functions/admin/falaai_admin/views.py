"""Rows in the form that JSON and templates use, and the cursor of lists in the order of time."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeVar

from falaai.errors import InvalidInput
from falaai.model_families import SearchPrice
from falaai.repositories.audit import Cursor, Entry
from falaai.repositories.invitations import Invitation
from falaai.repositories.people import Account
from falaai.web import texts
from falaai_admin.schemas import EntryView, InvitationView, PersonView

_CURSOR = re.compile(r"(\d{1,16})-(\d{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
Shown = TypeVar("Shown")


def day_in_words(day: date) -> str:
    return f"{day:%d/%m}"


def date_in_words(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def month_in_words(day: date) -> str:
    return f"{day:%m/%Y}"


def number_in_words(number: float) -> str:
    """Return a number with Brazilian separators: 1.234.567 or 12,5."""
    text = f"{number:,.1f}" if isinstance(number, float) and not number.is_integer() else f"{int(number):,}"
    return text.translate(str.maketrans(",.", ".,"))


def in_reais(amount: float) -> str:
    """Return an amount of money: R$ 1.234,56. A smaller amount than a cent has four decimals."""
    text = f"{amount:,.2f}" if amount >= 0.01 or not amount else f"{amount:.4f}"
    return f"R$ {text.translate(str.maketrans(',.', '.,'))}"


def search_price_in_words(price: SearchPrice) -> str:
    """Return the price of searches with its source: operators see how sure it is."""
    dollars = f"{price.thousand:.2f}".replace(".", ",")
    unit = {"queries": "consultas", "replies": "respostas com busca"}[price.unit]
    day = date_in_words(date.fromisoformat(price.read_on))
    return f"{price.prefix}: US$ {dollars} por 1.000 {unit} (lido em {day})"


def person_view(account: Account) -> PersonView:
    return PersonView(
        id=account.id,
        email=account.email,
        confirmada=account.is_verified,
        registrada_em=account.registered_at.replace(tzinfo=UTC),
        papel=account.role,
        bloqueada=account.is_blocked,
        cota_diaria=account.daily_messages,
        grupo=account.group,
    )


def entry_view(entry: Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        id_admin=entry.admin_id,
        id_alvo=entry.target_id,
        acao=entry.act,
        valor=entry.value,
        feita_em=entry.done_at.replace(tzinfo=UTC),
    )


def invitation_view(invitation: Invitation, now: datetime) -> InvitationView:
    """Return an invitation with its state at `now`, naive UTC."""
    state: Literal["aberto", "usado", "vencido", "revogado"] = "aberto"
    if invitation.is_revoked:
        state = "revogado"
    elif invitation.used >= invitation.uses:
        state = "usado"
    elif invitation.expires_at <= now:
        state = "vencido"
    return InvitationView(
        id=invitation.id,
        email=invitation.email,
        usos=invitation.uses,
        usados=invitation.used,
        cota_diaria=invitation.daily_messages,
        grupo=invitation.group,
        criado_em=invitation.created_at.replace(tzinfo=UTC),
        expira_em=invitation.expires_at.replace(tzinfo=UTC),
        estado=state,
    )


def page_of(found: list[Shown], size: int, place_of: Callable[[Shown], Cursor]) -> tuple[list[Shown], str | None]:
    """Return the first `size` of the rows found, and the cursor of the next page, None without one."""
    shown = found[:size]
    return shown, encode_cursor(place_of(shown[-1])) if len(found) > size else None


def encode_cursor(place: Cursor) -> str:
    """Encode a place as "microseconds since 1970-id"."""
    return f"{(place.done_at - _EPOCH) // _MICROSECOND}-{place.id}"


def decode_cursor(cursor: str) -> Cursor | None:
    """Decode a cursor; None for an empty one. Raises InvalidInput for text that encode_cursor cannot have made."""
    if not cursor:
        return None
    found = _CURSOR.fullmatch(cursor)
    try:
        if found is None:
            raise ValueError(cursor)
        return Cursor(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2]))
    except (ValueError, OverflowError):
        raise InvalidInput("depois", texts.FIELD_OTHERWISE) from None
