"""Routes about accounts: pages for browsers, JSON for scripts."""

from typing import Any

from fastapi import APIRouter, Request, Response

from falaai.repositories import usage_totals
from falaai.repositories.sessions import Session
from falaai.repositories.usage_totals import Use
from falaai.sao_paulo import day_of
from falaai.web import pages, texts
from falaai.web.current_user import Db, client_address
from falaai.web.dates import in_words
from falaai.web.forms import FormRoute
from falaai_admin import accounts
from falaai_admin.dependencies import (
    OF_OPERATORS,
    AdminSession,
    ConfirmedAdmin,
    Sender,
    is_confirmed,
)
from falaai_admin.schemas import Done, PeopleSearch, PeopleView, PersonAct, PersonView
from falaai_admin.usage_reports import use_view
from falaai_admin.views import in_reais, number_in_words, person_view

router = APIRouter(
    route_class=FormRoute,
    dependencies=OF_OPERATORS,
    responses=pages.DOCUMENTED_REDIRECT,
)
_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}


@router.get("/admin/people", response_model=PeopleView, responses=_PAGE)
def list_people(request: Request, session: AdminSession, database: Db) -> PeopleView | Response:
    """Return the first page of accounts in the order of addresses: {pessoas, depois}, or a page."""
    return _people(request, session, database, PeopleSearch())


@router.post("/admin/people", response_model=PeopleView, responses=_PAGE)
def search_people(
    search: PeopleSearch, request: Request, session: AdminSession, database: Db
) -> PeopleView | Response:
    """Return a page of accounts whose address begins with `prefixo`. It changes nothing.

    It is a POST, because an address does not belong in a URL.
    """
    return _people(request, session, database, search)


@router.get("/admin/people/{user_id}", response_model=PersonView, responses=_PAGE)
def person_page(
    user_id: int, request: Request, session: AdminSession, database: Db, feito: str = ""
) -> PersonView | Response:
    """Return an account as an operator sees it. `feito` names the act to report on the page."""
    account = person_view(accounts.get_account(database, user_id))
    if not pages.wants_page(request):
        return account
    today = day_of(session.now)
    first = today.replace(day=1)
    use = usage_totals.list_of_users(database, [user_id], first, today).get(user_id, Use())
    values = {
        "person": account,
        "month": use_view(first, use),
        "number": number_in_words,
        "reais": in_reais,
        "registered": in_words(account.registrada_em.replace(tzinfo=None), session.now),
        "is_confirmed": is_confirmed(session),
        "notice": texts.ACTS.get(feito, ""),
    }
    return pages.page(request, "person.html", values)


@router.post("/admin/people/{user_id}")
def act_on_person(
    user_id: int, act: PersonAct, request: Request, session: ConfirmedAdmin, database: Db, sender: Sender
) -> Done:
    """Block, unblock, limit, give a role, end sessions, resend the confirmation, or delete. Return {message}.

    The password must have been confirmed in the last 10 minutes: else 403 `password_needed`. An act that leaves no
    operator is refused with 409 `last_admin`. Each act is stored in the audit.
    """
    accounts.do(database, sender, session, user_id, act, client_address(request))
    back = "/admin/people" if act.acao == "apagar" else f"/admin/people/{user_id}?feito={act.acao}"
    return Done(message=texts.ACTS[act.acao], redirect_url=pages.address(request, back))


def _people(request: Request, session: Session, database: Db, search: PeopleSearch) -> PeopleView | Response:
    found, after = accounts.list_people(database, search)
    shown = [person_view(account) for account in found]
    if not pages.wants_page(request):
        return PeopleView(pessoas=shown, depois=after)
    registered = [in_words(account.registered_at, session.now) for account in found]
    values = {"people": list(zip(shown, registered, strict=True)), "after": after, "prefix": search.prefixo}
    return pages.page(request, "people.html", values)
