"""Routes that show an attached image or lead to the file."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db
from falaai_attachments.dependencies import Store
from falaai_attachments.downloads import PREVIEW_TYPE, PreviewSize, link_to_file, read_preview

router = APIRouter()
# A preview never changes. Only this browser may keep it.
_CACHED = "private, max-age=31536000, immutable"


@router.get("/chat/attachments/{attachment_id}/imagem", responses={200: {"content": {PREVIEW_TYPE: {}}}})
def show_image(
    attachment_id: int,
    session: CurrentSession,
    database: Db,
    store: Store,
    tamanho: PreviewSize = PreviewSize.SMALL,
) -> Response:
    """Return an image as WebP: 320 pixels for `tamanho=miniatura`, 1,600 for `tamanho=tela`."""
    preview = read_preview(database, store, session, attachment_id, tamanho)
    return Response(preview, media_type=PREVIEW_TYPE, headers={"Cache-Control": _CACHED})


@router.get(
    "/chat/attachments/{attachment_id}/arquivo",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages.DOCUMENTED_REDIRECT,
)
def open_file(
    attachment_id: int,
    session: CurrentSession,
    database: Db,
    store: Store,
    abrir: Annotated[bool, Query()] = False,
) -> Response:
    """Redirect to the stored file, at an address that works for 5 minutes. With `abrir=1` the browser may show it."""
    return RedirectResponse(link_to_file(database, store, session, attachment_id, is_inline=abrir), status_code=303)
