"""Table `usuarios`: the notes about a user that belong to every prompt.

`transcripts.find_context` reads them with the context of a reply.
"""

from falaai.conversation_memory import NO_NOTES, PersonalNotes
from falaai.database import Row, Statements


def find_notes(sql: Statements, user_id: int) -> PersonalNotes:
    """Return the notes about a user. An account that does not exist has none."""
    row = sql.find("SELECT u.instrucoes FROM usuarios u WHERE u.id = %s", (user_id,))
    return notes_of(row) if row else NO_NOTES


def notes_of(row: Row) -> PersonalNotes:
    return PersonalNotes(row["instrucoes"] or "")
