"""Attached files in the archive: each stored content once, copied piece by piece, so that memory stays flat."""

import re
import zipfile
from collections.abc import Callable
from datetime import datetime

from falaai.conversation_markdown import file_stem
from falaai.database import Database, Row
from falaai.personal_archive import attachment_pages, file_id_pages
from falaai.repositories import personal_data
from falaai.sao_paulo import local
from falaai_export.archive_store import ArchiveStore

FOLDER = "anexos"
# The list of the files that the archive lacks.
MISSING = f"{FOLDER}/faltam.txt"
_MISSING_TEXT = (
    "Estes arquivos não estão aqui: ou já foram apagados, ou não couberam no tempo de preparo."
    " Os que ainda existem podem ser baixados na conversa em que foram enviados.\n\n"
)
# Images are stored anew, maybe in another format than the uploaded one.
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_NAME_CHARACTERS = 100


def write_files(
    archive: zipfile.ZipFile, database: Database, store: ArchiveStore, user_id: int, has_time: Callable[[], bool]
) -> None:
    """Write the files of all attachments, newest first, uncompressed: most of their formats are compressed already.

    A file whose object is missing, or for which no time is left, is named in MISSING. Raises RetryLater if S3 fails.
    """
    names, missing = _names(database, user_id), list[str]()
    for ids in reversed(list(file_id_pages(names))):
        for file in reversed(personal_data.list_file_keys(database, user_id, ids)):
            pieces = store.open_file(file["chave"]) if has_time() else None
            if pieces is None:
                missing.append(names[file["id"]])
                continue
            with archive.open(_entry(file, names[file["id"]]), "w") as copy:
                for piece in pieces:
                    copy.write(piece)
    if missing:
        archive.writestr(MISSING, _MISSING_TEXT + "".join(f"{name}\n" for name in missing))


def _names(database: Database, user_id: int) -> dict[int, str]:
    """Return the name of each file at its first use, by the file's id."""
    names: dict[int, str] = {}
    for page in attachment_pages(database, user_id):
        for row in page:
            if row["id_arquivo"] is not None and row["estado"] == "pronto":
                names.setdefault(row["id_arquivo"], row["nome"])
    return names


def _entry(file: Row, name: str) -> zipfile.ZipInfo:
    stored: datetime = local(file["criado_em"])
    entry = zipfile.ZipInfo(f"{FOLDER}/{file['id']} {file_name(name, file['tipo'])}", stored.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED
    return entry


def file_name(name: str, media_type: str) -> str:
    """Return a name without characters that a file system refuses, with the ending of the stored format."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,10}", ending):
        stem, ending = name, ""
    own = f".{ending}" if ending else ""
    return file_stem(stem)[:_NAME_CHARACTERS].strip() + _ENDINGS.get(media_type, own)
