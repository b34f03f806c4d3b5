"""Table `arquivos`: the contents of attached files, each content once for a user.

A file has one object in the bucket, under a random key. `attachments` has the uses of a file in messages.
"""

from dataclasses import dataclass
from enum import StrEnum

from falaai.database import Row, Statements


class Kind(StrEnum):
    """Kind of a file, judged by its content, as stored in the database."""

    IMAGE = "imagem"
    PDF = "pdf"
    AUDIO = "audio"
    TEXT = "texto"


class DigestState(StrEnum):
    """State of a file's digest, as stored in the database."""

    PENDING = "pendente"
    READY = "pronto"
    FAILED = "erro"


@dataclass(frozen=True)
class StoredFile:
    """One stored content.

    `key` is the object's key in the bucket, `sha256` the hash of its bytes, `media_type` its type for the model.
    `size` is in bytes, `tokens` the estimated tokens of sending it to the model. `pages`, `seconds`, `width` and
    `height` are None for kinds without them. `excerpt` is the beginning of its text, if it has any. `digest` and
    `transcript` are None until the memory worker has written them; only audio has a transcript.
    """

    id: int
    user_id: int
    key: str
    sha256: str
    kind: Kind
    media_type: str
    size: int
    tokens: int
    pages: int | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    excerpt: str | None = None
    digest_state: DigestState = DigestState.PENDING
    digest: str | None = None
    transcript: str | None = None


FILE_COLUMNS = (
    "a.id, a.id_usuario, a.chave, a.sha256, a.especie, a.tipo, a.tamanho, a.tokens, a.paginas, a.segundos,"
    " a.largura, a.altura, a.trecho, a.resumo_estado, a.resumo, a.transcricao"
)


def file_of(row: Row) -> StoredFile:
    return StoredFile(
        id=row["id"],
        user_id=row["id_usuario"],
        key=row["chave"],
        sha256=row["sha256"],
        kind=Kind(row["especie"]),
        media_type=row["tipo"],
        size=row["tamanho"],
        tokens=row["tokens"],
        pages=row["paginas"],
        seconds=row["segundos"],
        width=row["largura"],
        height=row["altura"],
        excerpt=row["trecho"],
        digest_state=DigestState(row["resumo_estado"]),
        digest=row["resumo"],
        transcript=row["transcricao"],
    )


def find_file(sql: Statements, user_id: int, file_id: int) -> StoredFile | None:
    row = sql.find(
        f"SELECT {FILE_COLUMNS} FROM arquivos a WHERE a.id_usuario = %s AND a.id = %s",  # noqa: S608 - constant columns
        (user_id, file_id),
    )
    return file_of(row) if row else None
