"""Table `anexos`: attachments of questions, and their files, read by one statement instead of two.

`attachments` has the uploads. An upload becomes an attachment of a question when the question is stored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from falaai.database import Row, Statements
from falaai.repositories.attachments import State
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.files import FILE_COLUMNS, DigestState, Kind, StoredFile, file_of

# Newest attachments of a conversation that its prompt knows, so that the query is bounded. An older file can be sent
# to the model again by its id.
READ_AT_MOST = 50
# Characters of a digest or of an excerpt in a prompt: 1,200 tokens, at four characters a token.
DIGEST_CHARACTERS = 4800
# Age in seconds of a question whose digest is requested again. Before that, the first request is still being handled.
DIGEST_OVERDUE_SECONDS = 120


@dataclass(frozen=True)
class SentFile:
    """One attachment of a question, with its file, which has no transcript and only the beginning of its excerpt.

    `message_id` is the question. `is_digest_overdue` tells whether the digest of a file that is still pending should
    be requested again.
    """

    id: int
    message_id: int
    name: str
    file: StoredFile
    position: int = 0
    is_digest_overdue: bool = False


@dataclass(frozen=True)
class MessageAttachment:
    """One attachment of a stored message, to show it. Without a file, the fields of files are None."""

    id: int
    name: str
    state: State
    size: int
    reason: str | None = None
    position: int = 0
    kind: Kind | None = None
    media_type: str | None = None
    pages: int | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    tokens: int | None = None
    digest_state: DigestState | None = None


def update_sent(
    sql: Statements, user_id: int, conversation_id: int, message_id: int, attachment_ids: Sequence[int]
) -> int:
    """Give the user's unsent uploads to a question, in this order. Returns how many of them could be sent.

    A temporary conversation takes none.
    """
    return sql.run(
        "UPDATE anexos SET id_conversa = %s, id_mensagem = %s, posicao = FIND_IN_SET(id, %s), expira_em = NULL"  # noqa: S608 - constant
        " WHERE id_usuario = %s AND id IN %s AND estado = 'pronto' AND id_mensagem IS NULL"
        f" AND EXISTS (SELECT 1 FROM conversas c WHERE c.id = %s AND c.{IS_KEPT} AND c.temporaria = FALSE)",
        (
            *(conversation_id, message_id, ",".join(map(str, attachment_ids))),
            *(user_id, tuple(attachment_ids), conversation_id),
        ),
    )


def count_unfinished(sql: Statements, user_id: int, attachment_ids: Sequence[int]) -> int:
    """Count the user's unsent uploads among these that are not ready."""
    return sql.count(
        "SELECT COUNT(*) FROM anexos WHERE id_usuario = %s AND id IN %s AND id_mensagem IS NULL"
        " AND estado IN ('enviando', 'recusado')",
        (user_id, tuple(attachment_ids)),
    )


def add_copies(sql: Statements, user_id: int, from_message_id: int, to_message_id: int) -> None:
    """Give a new version of a question attachments of its own, with the same files."""
    sql.run(
        "INSERT INTO anexos (id_usuario, id_arquivo, id_conversa, id_mensagem, posicao, nome, tamanho, estado,"
        " criado_em)"
        " SELECT id_usuario, id_arquivo, id_conversa, %s, posicao, nome, tamanho, estado, UTC_TIMESTAMP(6)"
        " FROM anexos WHERE id_mensagem = %s AND id_usuario = %s AND estado = 'pronto'",
        (to_message_id, from_message_id, user_id),
    )


_FILE_IN_PROMPT = FILE_COLUMNS.replace("a.trecho", f"LEFT(a.trecho, {DIGEST_CHARACTERS}) AS trecho").replace(
    "a.transcricao", "NULL AS transcricao"
)
_ATTACHED = (
    f"SELECT STRAIGHT_JOIN x.id AS anexo, x.id_mensagem, x.posicao, x.nome, {_FILE_IN_PROMPT},"  # noqa: S608 - constant columns
    f" m.data_envio < UTC_TIMESTAMP(6) - INTERVAL {DIGEST_OVERDUE_SECONDS} SECOND AS atrasado"
    " FROM anexos x JOIN mensagens m ON m.id = x.id_mensagem JOIN arquivos a ON a.id = x.id_arquivo"
    " WHERE x.id_conversa = %s AND x.id_usuario = %s AND x.estado = 'pronto' AND m.seq > 0 AND m.seq <= %s"
)


def list_attached(sql: Statements, user_id: int, conversation_id: int, until_seq: int) -> list[SentFile]:
    """List the newest attachments of the shown questions up to a seq, newest first."""
    rows = sql.list(f"{_ATTACHED} ORDER BY x.id DESC LIMIT %s", (conversation_id, user_id, until_seq, READ_AT_MOST))
    return [_sent_file(row) for row in rows]


def list_named(
    sql: Statements, user_id: int, conversation_id: int, until_seq: int, attachment_ids: Sequence[int]
) -> list[SentFile]:
    """List these attachments, as far as they belong to shown questions of the conversation up to a seq."""
    rows = sql.list(f"{_ATTACHED} AND x.id IN %s", (conversation_id, user_id, until_seq, tuple(attachment_ids)))
    return [_sent_file(row) for row in rows]


def _sent_file(row: Row) -> SentFile:
    return SentFile(
        row["anexo"], row["id_mensagem"], row["nome"], file_of(row), row["posicao"], bool(row["atrasado"])
    )


# The attachments of each message of a conversation as one JSON text, so that a page of messages takes one statement.
# Its parameter is the conversation.
BY_MESSAGE = (
    "SELECT x.id_mensagem, JSON_ARRAYAGG(JSON_OBJECT('id', x.id, 'name', x.nome, 'state', x.estado, 'size',"
    " x.tamanho, 'reason', x.motivo, 'position', x.posicao, 'kind', a.especie, 'media_type',"
    " a.tipo, 'pages', a.paginas, 'seconds', a.segundos, 'width', a.largura, 'height', a.altura, 'tokens', a.tokens,"
    " 'digest_state', a.resumo_estado)) AS anexos"
    " FROM anexos x FORCE INDEX (anexos_conversa) LEFT JOIN arquivos a ON a.id = x.id_arquivo AND x.estado = 'pronto'"
    " WHERE x.id_conversa = %s GROUP BY x.id_mensagem"
)


def attachments_of(text: str | None) -> tuple[MessageAttachment, ...]:
    """Read one `anexos` of BY_MESSAGE, in the order in which the attachments were sent."""
    found = [_message_attachment(values) for values in json.loads(text or "[]")]
    return tuple(sorted(found, key=lambda one: (one.position, one.id)))


def _message_attachment(values: Row) -> MessageAttachment:
    kind, digest_state = values["kind"], values["digest_state"]
    return MessageAttachment(
        **{
            **values,
            "state": State(values["state"]),
            "kind": Kind(kind) if kind else None,
            "digest_state": DigestState(digest_state) if digest_state else None,
        }
    )
