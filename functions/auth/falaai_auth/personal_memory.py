"""The facts that a user reads, writes, changes and deletes, and the pause of the memory."""

from falaai.database import Statements
from falaai.errors import InvalidInput, NotFound
from falaai.repositories import facts, personal_notes, users
from falaai.repositories.facts import MOST_FACTS, Fact
from falaai.repositories.sessions import Session
from falaai.web import texts


def add_fact(sql: Statements, session: Session, text: str) -> Fact:
    """Add a fact that the user wrote, also during a pause. Raises InvalidInput beyond MOST_FACTS."""
    users.lock_user(sql, session.user_id)  # so that requests at once count one after the other
    if facts.count_facts(sql, session.user_id) >= MOST_FACTS:
        raise InvalidInput("texto", texts.MEMORY_FULL)
    return _get_fact(sql, session, facts.add_fact(sql, session.user_id, text))


def change_fact(sql: Statements, session: Session, fact_id: int, text: str) -> Fact:
    """Replace the text of a fact. Raises NotFound, also for another user's fact."""
    facts.update_fact(sql, session.user_id, fact_id, text)
    return _get_fact(sql, session, fact_id)


def forget_fact(sql: Statements, session: Session, fact_id: int) -> None:
    """Delete a fact. Raises NotFound, also for another user's fact."""
    if not facts.delete_fact(sql, session.user_id, fact_id):
        raise NotFound("fact")


def forget_all(sql: Statements, session: Session) -> int:
    """Delete all facts. No message that was sent until now becomes a source again. Returns the number of facts."""
    personal_notes.update_begin(sql, session.user_id)
    return facts.delete_facts(sql, session.user_id)


def _get_fact(sql: Statements, session: Session, fact_id: int) -> Fact:
    fact = facts.find_fact(sql, session.user_id, fact_id)
    if fact is None:
        raise NotFound("fact")
    return fact
