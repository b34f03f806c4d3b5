"""Routes that announce an upload, check it, describe it and delete it."""

from typing import Any

from fastapi import APIRouter, Response

from falaai.attachment_views import attachment_view
from falaai.web.current_user import CurrentSession, Db
from falaai_attachments.checks import check_upload
from falaai_attachments.dependencies import DailyBytes, Sender, Store
from falaai_attachments.schemas import UploadInput
from falaai_attachments.uploads import delete_attachment, get_attachment, request_upload

router = APIRouter()


@router.post("/chat/attachments", status_code=201)
def add_attachment(
    wanted: UploadInput, session: CurrentSession, database: Db, store: Store, daily_bytes: DailyBytes
) -> dict[str, Any]:
    """Announce an upload. Return 201 {id, url, campos, expira_em}, a form for exactly one file and 10 minutes.

    The browser sends `campos` and then `file` to `url` as multipart/form-data.
    """
    allowed = request_upload(database, store, session, wanted, daily_bytes)
    return {
        "id": allowed.attachment_id,
        "url": allowed.url,
        "campos": allowed.fields,
        "expira_em": allowed.expires_at.isoformat(timespec="milliseconds") + "Z",
    }


@router.post("/chat/attachments/{attachment_id}/ready")
def finish_upload(attachment_id: int, session: CurrentSession, database: Db, store: Store) -> dict[str, Any]:
    """Check the uploaded file and return the attachment. A second call returns the same.

    `estado` is `pronto`, or `recusado` with `motivo` and `frase`. Return 409 if the upload has not ended.
    """
    return attachment_view(check_upload(database, store, session, attachment_id))


@router.get("/chat/attachments/{attachment_id}")
def read_attachment(attachment_id: int, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Return {id, nome, estado, motivo, frase, especie, tipo, tamanho, paginas, segundos, largura, altura, tokens,
    resumo_estado, resumo, transcricao}."""
    return attachment_view(get_attachment(database, session, attachment_id))


@router.delete("/chat/attachments/{attachment_id}", status_code=204)
def remove_attachment(
    attachment_id: int, session: CurrentSession, database: Db, store: Store, sender: Sender
) -> Response:
    """Delete an attachment. A message keeps the name of a file that was sent with it. Return 204."""
    delete_attachment(database, store, sender, session, attachment_id)
    return Response(status_code=204)
