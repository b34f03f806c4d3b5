"""All stored data of a user, read in pages, so that memory does not grow with their number."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from falaai.database import Row, Statements
from falaai.repositories import personal_data

# Largest number of messages, or of conversations or attachments, that one statement reads.
PAGE_ROWS = 100
# The same for files: each may have an excerpt, a digest and a transcript.
PAGE_FILES = 20


def json_pieces(sql: Statements, user_id: int, **more: Any) -> Iterator[str]:
    """Yield the pieces of a JSON object with the user's rows by table, and with the fields `more` at its end.

    The password hash and the keys of sessions and links are left out.
    """
    separator = "{"
    for table, rows in personal_data.list_rows(sql, user_id).items():
        yield f"{separator}{_json(table)}:["
        yield from _list_pieces(iter([rows]))
        separator = "],\n"
    sizes = personal_data.list_conversation_sizes(sql, user_id)
    yield '],\n"conversas":['
    yield from _list_pieces(conversation_pages(sql, user_id, sizes))
    yield '],\n"mensagens":['
    yield from _list_pieces(message_pages(sql, user_id, sizes))
    yield '],\n"anexos":['
    file_ids = set[int]()
    yield from _list_pieces(_noting_files(attachment_pages(sql, user_id), file_ids))
    yield '],\n"arquivos":['
    yield from _list_pieces(personal_data.list_files(sql, user_id, ids) for ids in file_id_pages(file_ids))
    yield "]"
    for name, value in more.items():
        yield f",\n{_json(name)}:{_json(value)}"
    yield "}"


def conversation_pages(sql: Statements, user_id: int, sizes: Sequence[tuple[int, int]]) -> Iterator[list[Row]]:
    for start in range(0, len(sizes), PAGE_ROWS):
        ids = [conversation_id for conversation_id, _ in sizes[start : start + PAGE_ROWS]]
        yield personal_data.list_conversations(sql, user_id, ids)


def message_pages(sql: Statements, user_id: int, sizes: Sequence[tuple[int, int]]) -> Iterator[list[Row]]:
    """Yield the messages of these conversations in their order, about PAGE_ROWS at a time.

    Short conversations are read together: one statement for each would take too long over a slow network.
    """
    together: list[int] = []
    rows = 0
    for conversation_id, size in sizes:
        if together and rows + size > PAGE_ROWS:
            yield personal_data.list_messages(sql, user_id, together)
            together, rows = [], 0
        if size > PAGE_ROWS:
            yield from _pages_of_one(sql, user_id, conversation_id)
            continue
        together.append(conversation_id)
        rows += max(size, 1)
    if together:
        yield personal_data.list_messages(sql, user_id, together)


def attachment_pages(sql: Statements, user_id: int) -> Iterator[list[Row]]:
    """Yield the user's attachments, oldest first."""
    after_id = 0
    while page := personal_data.list_attachments_after(sql, user_id, after_id, PAGE_ROWS):
        yield page
        after_id = page[-1]["id"]


def file_id_pages(file_ids: Collection[int]) -> Iterator[list[int]]:
    """Yield the ids in their order, PAGE_FILES at a time."""
    ids = sorted(file_ids)
    for start in range(0, len(ids), PAGE_FILES):
        yield ids[start : start + PAGE_FILES]


def _noting_files(pages: Iterator[list[Row]], file_ids: set[int]) -> Iterator[list[Row]]:
    """Yield the pages of attachments, and add the ids of their files to `file_ids`."""
    for page in pages:
        file_ids.update(row["id_arquivo"] for row in page if row["id_arquivo"] is not None)
        yield page


def _pages_of_one(sql: Statements, user_id: int, conversation_id: int) -> Iterator[list[Row]]:
    after_seq = 0
    while page := personal_data.list_messages_after(sql, user_id, conversation_id, after_seq, PAGE_ROWS):
        yield page
        after_seq = page[-1]["seq"]
    below_seq = 0
    while page := personal_data.list_hidden_messages(sql, user_id, conversation_id, below_seq, PAGE_ROWS):
        yield page
        below_seq = -(page[-1]["ramo"] + page[-1]["seq"])


def _list_pieces(pages: Iterator[list[Row]]) -> Iterator[str]:
    separator = ""
    for page in pages:
        for row in page:
            yield separator + _json({name: _plain(name, value) for name, value in row.items()})
            separator = ",\n"


def _plain(name: str, value: Any) -> Any:
    """Return dates as text, times with Z for UTC, and the search of a reply as an object."""
    if name == "pesquisa" and value:
        return json.loads(value)
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
