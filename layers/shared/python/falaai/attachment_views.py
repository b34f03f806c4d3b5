"""The JSON of an attachment, in lists of messages and alone."""

from typing import Any, Protocol

from falaai.repositories.attachments import AttachedFile, State
from falaai.web import texts


class Described(Protocol):
    """An attachment, as each repository returns it."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def size(self) -> int: ...


def attachment_view(found: AttachedFile) -> dict[str, Any]:
    """Return all fields of an attachment."""
    file = found.file
    return {
        **listed_view(found.attachment, file),
        "resumo": file.digest if file else None,
        "transcricao": file.transcript if file else None,
    }


# Fields of a file in JSON, and the attributes with their values. All are null without a file.
_FILE_FIELDS = {
    "especie": "kind",
    "tipo": "media_type",
    "paginas": "pages",
    "segundos": "seconds",
    "largura": "width",
    "altura": "height",
    "tokens": "tokens",
    "resumo_estado": "digest_state",
}


def listed_view(attachment: Described, file: object | None) -> dict[str, Any]:
    """Return the fields of an attachment in a list of messages, which has neither digest nor transcript.

    `file` has the attributes of _FILE_FIELDS. `tamanho` is the size of the upload in bytes.
    """
    is_refused = attachment.state is State.REFUSED
    sentence = texts.FILE_REFUSALS.get(attachment.reason or "", texts.FILE_REFUSALS["damaged"])
    return {
        "id": attachment.id,
        "nome": attachment.name,
        "estado": attachment.state,
        "motivo": attachment.reason,
        "frase": sentence if is_refused else None,
        "tamanho": attachment.size,
        **{field: getattr(file, attribute) if file else None for field, attribute in _FILE_FIELDS.items()},
    }
