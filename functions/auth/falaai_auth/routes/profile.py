"""JSON routes of the profile: changes, picture, device sessions, data export, account deletion."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from falaai.errors import NotFound
from falaai.repositories import sessions, users
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db, clear_session_cookie, client_address
from falaai_auth.account_deletion import delete_account
from falaai_auth.data_export import export_data
from falaai_auth.dependencies import Files, Pictures, Sender
from falaai_auth.device_sessions import end_other_sessions, end_session
from falaai_auth.picture_cleaning import MEDIA_TYPE
from falaai_auth.profile import change_profile, get_user
from falaai_auth.schemas import AccountDeletion, ProfileChange, SearchChoice

router = APIRouter()


@router.put("/profile/update")
def update_profile(
    change: Annotated[ProfileChange, Form()],
    request: Request,
    session: CurrentSession,
    database: Db,
    sender: Sender,
    store: Pictures,
) -> dict[str, str]:
    """Return 200 {message}. Sending the current address as `email` cancels a pending change of address."""
    sentences = change_profile(database, sender, store, session, change, client_address(request))
    return {"message": " ".join(sentences)}


@router.post("/profile/update", responses=pages.DOCUMENTED_REDIRECT)
def update_profile_by_form(
    change: Annotated[ProfileChange, Form()],
    request: Request,
    session: CurrentSession,
    database: Db,
    sender: Sender,
    store: Pictures,
) -> Response:
    """Change the profile for a browser without JavaScript: an HTML form cannot send PUT."""
    change_profile(database, sender, store, session, change, client_address(request))
    return pages.redirect(request, "/profile?feito=1")


@router.put("/profile/search")
def update_search(choice: SearchChoice, session: CurrentSession, database: Db) -> dict[str, str]:
    """Set whether the user's new messages search the web. Return 200 {message}."""
    users.update_searches(database, session.user_id, choice.buscar)
    return {"message": texts.SEARCH_ON if choice.buscar else texts.SEARCH_OFF}


@router.get("/profile/picture", responses={200: {"content": {MEDIA_TYPE: {}}}})
def profile_picture(session: CurrentSession, database: Db, store: Pictures) -> Response:
    """Return the user's own picture as WebP, or 404."""
    user = get_user(database, session)
    picture = store.find(user.picture) if user.picture else None
    if picture is None:
        raise NotFound("picture")
    return Response(picture, media_type=MEDIA_TYPE)


@router.get("/sessions")
def list_sessions(session: CurrentSession, database: Db) -> list[dict[str, Any]]:
    """Return [{id, navegador, endereco, criada_em, vista_em, atual}], the last seen session first."""
    devices = sessions.list_devices(database, session.user_id)
    return [
        {
            "id": device.id,
            "navegador": device.agent,
            "endereco": device.address,
            "criada_em": device.created_at.isoformat(timespec="milliseconds") + "Z",
            "vista_em": device.seen_at.isoformat(timespec="milliseconds") + "Z",
            "atual": device.id == session.id,
        }
        for device in devices
    ]


@router.delete("/sessions/{session_id}")
def revoke_session(session_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """End one session of the user; its device is signed out at its next request. Return 200 {message}."""
    end_session(database, session, session_id)
    return {"message": texts.SESSION_ENDED}


@router.post("/sessions/revoke_others")
def revoke_others(session: CurrentSession, database: Db) -> dict[str, str | int]:
    """End all sessions of the user except this one. Return 200 {message, encerradas}, the number ended."""
    return {"message": texts.SESSIONS_ENDED, "encerradas": end_other_sessions(database, session)}


@router.get("/profile/export")
def export_profile(session: CurrentSession, database: Db, store: Pictures) -> Response:
    """Return all stored data of the user as a JSON file, or 413 if they do not fit into one answer."""
    headers = {"Content-Disposition": 'attachment; filename="falaai.json"'}
    return Response(export_data(database, store, session), media_type="application/json", headers=headers)


@router.delete("/profile")
def delete_profile(
    form: AccountDeletion,
    request: Request,
    response: Response,
    session: CurrentSession,
    database: Db,
    store: Pictures,
    files: Files,
    queues: Sender,
) -> dict[str, str]:
    """Delete the account and all data of the user. Return 200 {message, redirect_url}."""
    delete_account(database, store, files, queues, session, form.senha_atual)
    clear_session_cookie(response)
    return {"message": texts.ACCOUNT_DELETED, "redirect_url": pages.address(request, "/")}
