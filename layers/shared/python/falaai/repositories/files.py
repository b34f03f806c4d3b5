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


@dataclass(frozen=True)
class FileFacts:
    """The result of checking a file. The fields are those of StoredFile."""

    kind: Kind
    media_type: str
    tokens: int
    pages: int | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    excerpt: str | None = None


@dataclass(frozen=True)
class NewFile:
    """A checked file before it has a row. `origin_sha256` is of the uploaded bytes, `sha256` of the stored ones."""

    facts: FileFacts
    user_id: int
    origin_sha256: str
    sha256: str
    key: str
    size: int


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


def add_file(sql: Statements, new: NewFile) -> None:
    """Add a file, unless the user has one of the same uploaded bytes."""
    facts = new.facts
    sql.run(
        "INSERT IGNORE INTO arquivos (id_usuario, origem_sha256, sha256, chave, tamanho, especie, tipo, tokens,"
        " paginas, segundos, largura, altura, trecho, criado_em)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, UTC_TIMESTAMP(6))",
        (
            *(new.user_id, new.origin_sha256, new.sha256, new.key, new.size),
            *(facts.kind, facts.media_type, facts.tokens, facts.pages, facts.seconds),
            *(facts.width, facts.height, facts.excerpt),
        ),
    )


def lock_file_of_origin(sql: Statements, user_id: int, origin_sha256: str) -> StoredFile | None:
    """Return the user's file of these uploaded bytes, and lock it until the transaction ends."""
    row = sql.find(
        f"SELECT {FILE_COLUMNS} FROM arquivos a"  # noqa: S608 - constant columns
        " WHERE a.id_usuario = %s AND a.origem_sha256 = %s FOR UPDATE",
        (user_id, origin_sha256),
    )
    return file_of(row) if row else None


def set_digest(sql: Statements, user_id: int, file_id: int, digest: str, transcript: str | None) -> bool:
    """Store the digest of a file. Returns False if it has one already, or if the file was deleted."""
    return bool(
        sql.run(
            "UPDATE arquivos SET resumo_estado = 'pronto', resumo = %s, transcricao = %s"
            " WHERE id_usuario = %s AND id = %s AND resumo_estado <> 'pronto'",
            (digest, transcript, user_id, file_id),
        )
    )


def set_digest_failed(sql: Statements, user_id: int, file_id: int) -> bool:
    """Note that the digest of a file could not be written. Returns False if it is not pending."""
    return bool(
        sql.run(
            "UPDATE arquivos SET resumo_estado = 'erro' WHERE id_usuario = %s AND id = %s"
            " AND resumo_estado = 'pendente'",
            (user_id, file_id),
        )
    )
