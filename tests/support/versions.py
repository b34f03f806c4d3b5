"""Edit a question, switch between versions, and read the path that is shown, without HTTP."""

from falaai.database import Database
from falaai.repositories.sessions import Session
from falaai.repositories.transcripts import Page
from falaai_chat.conversation_changes import read_page, switch_version
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import edit_question
from falaai_chat.schemas import EditInput
from tests.support.replies import PLENTY


def switch(database: Database, session: Session, message_id: int, number: int | None = None) -> Page:
    return database.transaction(lambda sql: switch_version(sql, session, message_id, number, 100))


def edit(database: Database, session: Session, question_id: int, text: str) -> NewReply:
    edited = edit_question(database, session, question_id, EditInput(message=text), PLENTY)
    assert isinstance(edited, NewReply)
    return edited


def shown(database: Database, session: Session, conversation_id: int) -> list[tuple[str, int, int]]:
    """The text of each shown message, its version, and the number of versions in its place."""
    page = read_page(database, session, conversation_id, 100)
    assert [one.seq for one in page.messages] == list(range(1, len(page.messages) + 1))
    assert page.conversation.last_seq == len(page.messages)
    return [(one.text, one.version, one.versions) for one in page.messages]
