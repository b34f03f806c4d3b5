"""The JSON of an attachment, in lists of messages and alone."""

from typing import Any

from falaai.repositories.attachments import AttachedFile, State
from falaai.web import texts


def attachment_view(found: AttachedFile) -> dict[str, Any]:
    """Return all fields of an attachment."""
    file = found.file
    return {
        **listed_view(found),
        "resumo": file.digest if file else None,
        "transcricao": file.transcript if file else None,
    }


def listed_view(found: AttachedFile) -> dict[str, Any]:
    """Return the fields of an attachment in a list of messages, which has neither digest nor transcript."""
    attachment, file = found.attachment, found.file
    is_refused = attachment.state is State.REFUSED
    sentence = texts.FILE_REFUSALS.get(attachment.reason or "", texts.FILE_REFUSALS["damaged"])
    return {
        "id": attachment.id,
        "nome": attachment.name,
        "estado": attachment.state,
        "motivo": attachment.reason,
        "frase": sentence if is_refused else None,
        "especie": file.kind if file else None,
        "tipo": file.media_type if file else None,
        "tamanho": attachment.size,
        "paginas": file.pages if file else None,
        "segundos": file.seconds if file else None,
        "largura": file.width if file else None,
        "altura": file.height if file else None,
        "tokens": file.tokens if file else None,
        "resumo_estado": file.digest_state if file else None,
    }
