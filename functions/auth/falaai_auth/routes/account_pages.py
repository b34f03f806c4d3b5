"""HTML pages: landing, sign-in, registration, verification, terms, privacy and profile."""

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai import settings
from falaai.conversation_memory import INSTRUCTIONS_MAX_CHARACTERS
from falaai.grounding import KEPT_MONTHS
from falaai.repositories import attachments, deleted_accounts, exports, sessions, usage, users
from falaai.repositories.exports import Export
from falaai.repositories.sessions import Session
from falaai.roles import is_admin
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db, MaybeSession
from falaai.web.dates import in_words
from falaai_auth.devices import device_name
from falaai_auth.export_requests import size_in_words
from falaai_auth.profile import get_profile
from falaai_auth.schemas import DESTINATION
from falaai_auth.sign_up_terms import check_invitation

router = APIRouter(default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


# Notices after a redirect, by the value of `aviso`.
NOTICES = {"saiu": texts.SIGNED_OUT, "senha": texts.PASSWORD_RESET, "apagada": texts.ACCOUNT_DELETED}


@router.get("/")
def landing(request: Request, session: MaybeSession, aviso: str = "") -> Response:
    """Show the landing page. `aviso` names the notice to show about the user's last action."""
    if session:
        return pages.redirect(request, "/chat")
    values = {
        "notice": NOTICES.get(aviso, ""),
        "retention_days": settings.read(settings.RetentionSettings).retention_days,
    }
    return pages.page(request, "landing.html", values)


@router.get("/login")
def login_page(request: Request, session: MaybeSession, destino: str = "", aviso: str = "") -> Response:
    """Show the sign-in form. `destino` is the path to open after sign-in; any path but those of the chat and the
    profile is ignored. `aviso` names the notice to show about the user's last action.
    """
    target = destino if re.fullmatch(DESTINATION, destino) else "/chat"
    if session:
        return pages.redirect(request, target)
    return pages.page(request, "login.html", {"form": {"destino": target}, "notice": NOTICES.get(aviso, "")})


@router.get("/cadastro")
@router.get("/register")
def sign_up_page(request: Request) -> Response:
    """Show the form, or the reason why there is none: SIGNUP is `closed` or `invite`."""
    mode = settings.read(settings.SignUpSettings).signup
    reason = {"closed": texts.ERRORS["signup_closed"], "invite": texts.ERRORS["invitation_needed"]}.get(mode, "")
    return pages.page(request, "cadastro.html", {"no_form_because": reason})


@router.head("/convite/{token}")
@router.get("/convite/{token}")
def invitation_page(token: str, request: Request, database: Db) -> Response:
    """Show the form that registers with this invitation. It changes nothing: programs open links before people do.

    An invitation that cannot be used any more gives 410, and SIGNUP=closed 403.
    """
    check_invitation(database, token)
    return pages.page(request, "cadastro.html", {"form": {"convite": token}})


@router.get("/sucesso")
def registered_page(request: Request) -> Response:
    return pages.page(request, "sucesso.html")


@router.get("/verificacao")
def verification_page(request: Request) -> Response:
    return pages.page(request, "verificacao.html")


@router.get("/verificado")
def verified_page(request: Request) -> Response:
    return pages.page(request, "verificado.html")


@router.get("/termos")
def terms_page(request: Request) -> Response:
    return pages.page(request, "termos.html")


@router.get("/privacidade")
def privacy_page(request: Request) -> Response:
    """Show the kept data with purpose, place, duration and recipients, and the operator's contact."""
    operator = settings.read(settings.OperatorSettings)
    values = {
        "operator": operator.operator_name,
        "contact": operator.contact_email,
        "retention_days": settings.read(settings.RetentionSettings).retention_days,
        "unverified_days": users.NEVER_VERIFIED_DAYS,
        "idle_days": sessions.IDLE_DAYS,
        "session_days": sessions.ABSOLUTE_DAYS,
        "usage_days": usage.KEPT_DAYS,
        "deleted_account_days": deleted_accounts.KEPT_DAYS,
        "export_hours": exports.LIFE_HOURS,
        "unsent_hours": attachments.UNSENT_HOURS,
        "search_months": KEPT_MONTHS,
        "gemini_plan": settings.read(settings.PlanSettings).gemini_plan,
    }
    return pages.page(request, "privacidade.html", values)


@router.get("/profile")
def profile_page(request: Request, session: CurrentSession, database: Db, feito: bool = False) -> Response:
    """Show profile and devices. `feito` adds a notice that a form without JavaScript changed the profile."""
    devices = [
        {
            "id": device.id,
            "name": device_name(device.agent),
            "address": device.address,
            "seen": in_words(device.seen_at, session.now),
            "is_this": device.id == session.id,
        }
        for device in sessions.list_devices(database, session.user_id)
    ]
    profile = get_profile(database, session)
    values = {
        "user": profile.user,
        "instructions": profile.instructions,
        "instructions_max": INSTRUCTIONS_MAX_CHARACTERS,
        "examples": texts.INSTRUCTION_EXAMPLES,
        "search_default": session.searches if settings.read(settings.SearchSettings).is_on else None,
        "devices": devices,
        "export": _export(profile.export, session),
        "notice": texts.PROFILE_CHANGED if feito else "",
        "is_admin": is_admin(session.role, session.user_email),
    }
    return pages.page(request, "profile.html", values)


def _export(export: Export | None, session: Session) -> dict[str, Any] | None:
    """Return the last export as the profile page shows it."""
    if export is None:
        return None
    return {
        "id": export.id,
        "state": export.state.value,
        "size": size_in_words(export.size),
        "expires": in_words(export.expires_at, session.now),
    }
