"""The archive: a ZIP with a JSON file of all rows, each conversation as Markdown, the picture and attached files."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime

from falaai.conversation_markdown import branch_line, file_stem, message_section, title_line
from falaai.database import Database, Row
from falaai.deadlines import seconds_left
from falaai.grounding import read_stored
from falaai.personal_archive import PAGE_ROWS, conversation_pages, json_pieces, message_pages
from falaai.repositories import attachments, personal_data, users
from falaai.sao_paulo import local
from falaai_export.archive_store import ArchiveStore
from falaai_export.attached_files import write_files

# Compression level. A higher one takes twice as long and makes the file only a little smaller.
LEVEL = 6
# Seconds reserved for the file under way, the end of the upload, and the rows that announce it.
LAST_FILE_SECONDS = 60.0


def write_archive(database: Database, store: ArchiveStore, user_id: int, export_id: int) -> int:
    """Write the archive into the bucket while reading the rows. Returns its number of bytes.

    Raises RetryLater if S3 fails, and DatabaseUnavailable; then no part of the file is left.
    """
    with store.upload(export_id) as upload:
        with zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            _write(archive, "falaai.json", json_pieces(database, user_id))
            user = users.find_user(database, user_id)
            if user and (picture := store.find_picture(user.picture)):
                archive.writestr("foto.webp", picture, zipfile.ZIP_STORED)
            _write_conversations(archive, database, user_id)
            write_files(archive, database, store, user_id, _has_time)
        return upload.size


def _has_time() -> bool:
    return seconds_left(3600) > LAST_FILE_SECONDS


def _write(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo, pieces: Iterator[str]) -> None:
    """Write a file of unknown length. `force_zip64` allows more than 2 GB."""
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece.encode())


def _write_conversations(archive: zipfile.ZipFile, database: Database, user_id: int) -> None:
    sizes = personal_data.list_conversation_sizes(database, user_id)
    for start in range(0, len(sizes), PAGE_ROWS):
        some = sizes[start : start + PAGE_ROWS]
        messages = _Ahead(_messages(database, user_id, some))
        for page in conversation_pages(database, user_id, some):
            for conversation in page:
                _write(archive, _entry(conversation), _markdown(conversation, messages))


def _messages(database: Database, user_id: int, sizes: Sequence[tuple[int, int]]) -> Iterator[Row]:
    """Yield the messages of these conversations in their order, with the names of their attachments in `anexos`."""
    for page in message_pages(database, user_id, sizes):
        names = attachments.list_names(database, user_id, [row["id"] for row in page])
        for row in page:
            yield {**row, "anexos": names.get(row["id"], [])}


def _entry(conversation: Row) -> zipfile.ZipInfo:
    """Return the entry of a conversation, with the time of its last message in São Paulo."""
    name = f"conversas/{conversation['id']} {file_stem(conversation['titulo_conversa'])}.md"
    changed: datetime = local(conversation["data_atualizacao"])
    entry = zipfile.ZipInfo(name, changed.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _Ahead:
    """Iterator over messages in the order of their conversations. It reads one message ahead."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, conversation_id: int) -> Iterator[Row]:
        """Yield the messages of this conversation, and skip those of conversations that were deleted meanwhile."""
        while self._next and self._next["id_conversa"] <= conversation_id:
            row, self._next = self._next, next(self._rows, None)
            if row["id_conversa"] == conversation_id:
                yield row


def _markdown(conversation: Row, messages: _Ahead) -> Iterator[str]:
    yield title_line(conversation["titulo_conversa"])
    branch = None
    for message in messages.of(conversation["id"]):
        if message["ramo"] != branch:
            branch = message["ramo"]
            yield branch_line(message["seq"], message["versao"])
        grounding = read_stored(message["pesquisa"]) if message["pesquisa"] else None
        yield message_section(message["remetente"], message["conteudo"], message["anexos"], grounding)
