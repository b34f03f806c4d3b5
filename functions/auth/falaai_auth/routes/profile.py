"""JSON routes of the profile: changes, picture, devices, taking everything away, deletion."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from falaai.errors import NotFound
from falaai.queues import Queues, queues
from falaai.repositories import sessions
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db, clear_session_cookie, client_address
from falaai.web.dependencies import made_by
from falaai_auth.account_deletion import delete_account, export
from falaai_auth.picture_cleaning import MEDIA_TYPE
from falaai_auth.picture_store import PictureStore, picture_store
from falaai_auth.profile import change_profile, get_user
from falaai_auth.schemas import AccountDeletion, ProfileChange

router = APIRouter()

Sender = Annotated[Queues, made_by(queues)]
Pictures = Annotated[PictureStore, made_by(picture_store)]


@router.put("/profile/update")
def update_profile(
    change: Annotated[ProfileChange, Form()],
    request: Request,
    session: CurrentSession,
    database: Db,
    sender: Sender,
    store: Pictures,
) -> dict[str, str]:
    """200 {message}. The account's own address as `email` calls a pending change of address off."""
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
    """The same for a browser without JavaScript, whose forms know no PUT."""
    change_profile(database, sender, store, session, change, client_address(request))
    return pages.redirect(request, "/profile?feito=1")


@router.get("/profile/picture", responses={200: {"content": {MEDIA_TYPE: {}}}})
def profile_picture(session: CurrentSession, database: Db, store: Pictures) -> Response:
    """The person's own picture."""
    user = get_user(database, session)
    picture = store.find(user.picture) if user.picture else None
    if picture is None:
        raise NotFound("picture")
    return Response(picture, media_type=MEDIA_TYPE)


@router.get("/sessions")
def list_sessions(session: CurrentSession, database: Db) -> list[dict[str, Any]]:
    """[{id, navegador, endereco, criada_em, vista_em, atual}], last seen first."""
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
    """200 {message}; the device is signed out at its next request."""
    if not database.transaction(lambda sql: sessions.delete_session_of(sql, session.user_id, session_id)):
        raise NotFound("session")
    return {"message": texts.SESSION_ENDED}


@router.post("/sessions/revoke_others")
def revoke_others(session: CurrentSession, database: Db) -> dict[str, str | int]:
    """200 {message, encerradas}."""
    ended = database.transaction(lambda sql: sessions.delete_other_sessions(sql, session.user_id, session.id))
    return {"message": texts.SESSIONS_ENDED, "encerradas": ended}


@router.get("/profile/export")
def export_profile(session: CurrentSession, database: Db, store: Pictures) -> Response:
    """Everything that is held of the person, as a JSON file."""
    headers = {"Content-Disposition": 'attachment; filename="falaai.json"'}
    return JSONResponse(export(database, store, session), headers=headers)


@router.delete("/profile")
def delete_profile(
    form: AccountDeletion,
    request: Request,
    response: Response,
    session: CurrentSession,
    database: Db,
    store: Pictures,
) -> dict[str, str]:
    """200 {message, redirect_url}; nothing of the person is left."""
    delete_account(database, store, session, form.senha_atual)
    clear_session_cookie(response)
    return {"message": texts.ACCOUNT_DELETED, "redirect_url": pages.address(request, "/")}
