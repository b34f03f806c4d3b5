"""Storing facts that users told, under a lock of the account: a pause or a deletion of all facts counts at once."""

from collections.abc import Sequence

from falaai.database import Statements
from falaai.fact_rules import NewFact
from falaai.repositories import conversations, facts, users
from falaai.repositories.facts import Fact


def add_facts(
    sql: Statements, user_id: int, conversation_id: int, new: Sequence[NewFact], until_seq: int = 0
) -> list[Fact]:
    """Store facts of a conversation, and that its questions up to `until_seq` have been read.

    Returns the stored ones. It must run in a transaction, before any other lock than that of the account is taken.
    """
    if not users.lock_user(sql, user_id):
        return []
    ids = [facts.add_told_fact(sql, user_id, conversation_id, one.seq, one.message, one.text) for one in new]
    stored = [facts.find_fact(sql, user_id, fact_id) for fact_id in ids if fact_id is not None]
    conversations.update_facts(sql, conversation_id, until_seq, len(stored))
    return [one for one in stored if one]
