"""Routes of the archive of all data: request, state, download."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from falaai.repositories import exports
from falaai.repositories.exports import Export, State
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai.web.forms import FormRoute
from falaai_auth.dependencies import Files, Sender
from falaai_auth.export_requests import link_to_export, request_export

router = APIRouter(route_class=FormRoute, responses=pages.DOCUMENTED_REDIRECT)


@router.post("/profile/exports", status_code=202)
def add_export(request: Request, session: CurrentSession, database: Db, sender: Sender) -> dict[str, Any]:
    """Request an archive of all data. Return 202 {message, exportacao, redirect_url}.

    An email announces that it is ready. While an archive is being prepared, return the same request again.
    """
    export = request_export(database, sender, session)
    return {
        "message": texts.EXPORT_REQUESTED,
        "exportacao": _view(request, export),
        "redirect_url": pages.address(request, "/profile#about-data"),
    }


@router.get("/profile/exports")
def read_export(request: Request, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Return {exportacao}, the last request: {id, estado, criada_em, expira_em, tamanho, arquivo}, or null.

    `estado` is preparando, pronta or erro; `arquivo` is the path of the download if it is ready.
    """
    export = exports.find_newest_export(database, session.user_id)
    return {"exportacao": _view(request, export) if export else None}


@router.get("/profile/exports/{export_id}", status_code=303, response_class=RedirectResponse)
def download_export(export_id: int, session: CurrentSession, database: Db, files: Files) -> Response:
    """Redirect to the file at an address that works for a minute. Return 410 if the file has expired."""
    return RedirectResponse(link_to_export(database, files, session, export_id), status_code=303)


def _view(request: Request, export: Export) -> dict[str, Any]:
    is_ready = export.state is State.READY
    return {
        "id": export.id,
        "estado": export.state,
        "criada_em": export.created_at.isoformat(timespec="milliseconds") + "Z",
        "expira_em": export.expires_at.isoformat(timespec="milliseconds") + "Z",
        "tamanho": export.size if is_ready else None,
        "arquivo": pages.address(request, f"/profile/exports/{export.id}") if is_ready else None,
    }
