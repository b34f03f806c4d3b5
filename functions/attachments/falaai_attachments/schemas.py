"""Request bodies of the attachments function and their validation. Error messages are in Portuguese, for the user."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from falaai.plain_lines import plain_line
from falaai.web import texts

NAME_MAX_CHARACTERS = 255


def _name(written: str) -> str:
    name = plain_line(written)
    if not name:
        raise ValueError(texts.FILE_NAME_EMPTY)
    return name


class UploadInput(BaseModel):
    """POST /chat/attachments: name, declared type and exact size in bytes. The content decides, not the type."""

    nome: Annotated[str, Field(max_length=NAME_MAX_CHARACTERS), AfterValidator(_name)]
    tipo: Annotated[str, Field(max_length=255)] = ""
    tamanho: Annotated[int, Field(ge=1, le=2**53)]
