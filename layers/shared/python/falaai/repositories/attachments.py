"""Table `anexos`: the uses of files. An upload belongs to no message until it is sent with one.

A new version of a question gets rows of its own, so that each message is deleted with its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

from falaai.database import Row, Statements
from falaai.repositories.files import FILE_COLUMNS, StoredFile, file_of

# Attachments of one message.
MOST_PER_MESSAGE = 5
# Hours after which an upload that was not sent is deleted.
UNSENT_HOURS = 24


class State(StrEnum):
    """State of an attachment, as stored in the database. DELETED: its message stays, without the file."""

    UPLOADING = "enviando"
    READY = "pronto"
    REFUSED = "recusado"
    DELETED = "apagado"


@dataclass(frozen=True)
class Attachment:
    """One use of a file.

    `message_id` and `conversation_id` are None until it is sent. `file_id` is None until the content was checked.
    `upload_key` is the key of the uploaded object. `size` is in bytes. `reason` is the code of a refusal.
    `created_at` is naive UTC.
    """

    id: int
    user_id: int
    file_id: int | None
    conversation_id: int | None
    message_id: int | None
    position: int
    upload_key: str | None
    name: str
    size: int
    state: State
    reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class AttachedFile:
    """An attachment with its file. `file` is None until the content was checked, and after the file was deleted."""

    attachment: Attachment
    file: StoredFile | None


# The columns of anexos x, joined with those of its file.
ATTACHED_COLUMNS = (
    "x.id AS anexo, x.id_usuario AS dono, x.id_arquivo, x.id_conversa, x.id_mensagem, x.posicao,"
    " x.chave AS chave_envio, x.nome, x.tamanho AS bytes, x.estado, x.motivo, x.criado_em, "
    f"{FILE_COLUMNS}"
)


def attached_file_of(row: Row) -> AttachedFile:
    """Return the attachment of a row with ATTACHED_COLUMNS."""
    attachment = Attachment(
        id=row["anexo"],
        user_id=row["dono"],
        file_id=row["id_arquivo"],
        conversation_id=row["id_conversa"],
        message_id=row["id_mensagem"],
        position=row["posicao"],
        upload_key=row["chave_envio"],
        name=row["nome"],
        size=row["bytes"],
        state=State(row["estado"]),
        reason=row["motivo"],
        created_at=row["criado_em"],
    )
    return AttachedFile(attachment, file_of(row) if row["id"] is not None else None)


def add_attachment(sql: Statements, user_id: int, upload_key: str, name: str, size: int) -> int:
    """Add an attachment that is being uploaded. Returns its id."""
    return sql.insert(
        "INSERT INTO anexos (id_usuario, chave, nome, tamanho, criado_em, expira_em)"
        " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s HOUR)",
        (user_id, upload_key, name, size, UNSENT_HOURS),
    )


def find_attachment(sql: Statements, user_id: int, attachment_id: int) -> AttachedFile | None:
    """Return an attachment with its file, unless its conversation is deleted."""
    row = sql.find(
        f"SELECT {ATTACHED_COLUMNS} FROM anexos x"  # noqa: S608 - constant columns
        " LEFT JOIN arquivos a ON a.id = x.id_arquivo AND a.id_usuario = x.id_usuario AND x.estado = 'pronto'"
        " LEFT JOIN conversas c ON c.id = x.id_conversa"
        " WHERE x.id_usuario = %s AND x.id = %s"
        " AND (x.id_conversa IS NULL OR (c.id IS NOT NULL AND c.apagada = FALSE))",
        (user_id, attachment_id),
    )
    return attached_file_of(row) if row else None


def lock_uploading(sql: Statements, user_id: int, attachment_id: int) -> bool:
    """Lock an attachment. Returns whether its upload still waits to be checked."""
    row = sql.find("SELECT estado FROM anexos WHERE id_usuario = %s AND id = %s FOR UPDATE", (user_id, attachment_id))
    return row is not None and State(row["estado"]) is State.UPLOADING


def update_ready(sql: Statements, user_id: int, attachment_id: int, file_id: int) -> None:
    """Attach a checked file. An attachment that was checked before stays as it is."""
    sql.run(
        "UPDATE anexos SET estado = 'pronto', id_arquivo = %s"
        " WHERE id_usuario = %s AND id = %s AND estado = 'enviando'",
        (file_id, user_id, attachment_id),
    )


def update_refused(sql: Statements, user_id: int, attachment_id: int, reason: str) -> None:
    """Refuse an uploaded file. An attachment that was checked before stays as it is."""
    sql.run(
        "UPDATE anexos SET estado = 'recusado', motivo = %s"
        " WHERE id_usuario = %s AND id = %s AND estado = 'enviando'",
        (reason, user_id, attachment_id),
    )


def delete_unsent_attachment(sql: Statements, user_id: int, attachment_id: int) -> bool:
    """Delete an attachment that belongs to no message. Returns whether there was one."""
    return bool(
        sql.run(
            "DELETE FROM anexos WHERE id_usuario = %s AND id = %s AND id_mensagem IS NULL", (user_id, attachment_id)
        )
    )


def update_deleted(sql: Statements, user_id: int, attachment_id: int) -> None:
    """Mark a sent attachment as deleted. Its name stays with the message."""
    sql.run(
        "UPDATE anexos SET estado = 'apagado'"
        " WHERE id_usuario = %s AND id = %s AND id_mensagem IS NOT NULL AND estado = 'pronto'",
        (user_id, attachment_id),
    )


def list_names(sql: Statements, user_id: int, message_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the attachments of these messages, in their order, by message."""
    if not message_ids:
        return {}
    rows = sql.list(
        "SELECT id_mensagem, posicao, id, nome FROM anexos FORCE INDEX (anexos_mensagem)"
        " WHERE id_usuario = %s AND id_mensagem IN %s",
        (user_id, tuple(message_ids)),
    )
    names: dict[int, list[str]] = {}
    for row in sorted(rows, key=itemgetter("posicao", "id")):
        names.setdefault(row["id_mensagem"], []).append(row["nome"])
    return names
