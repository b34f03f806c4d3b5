"""Taking a question, on fake statements: the order of the steps, refusals, and the shares of the ceiling."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from falaai.errors import CeilingReached, NotFound, NotSignedIn, QuotaReached, TooManyReplies
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask
from falaai_chat.quota import Quota
from falaai_chat.schemas import MessageInput
from tests.support.fakes import FakeDatabase

USER, CONVERSATION, REPLY = 7, 70, 700
SESSION = Session(1, USER, None, "Ana", "ana@exemplo.com.br", 0, datetime(2026, 6, 1, 12))
QUOTA = Quota(person=10, everybody=160, at_once=3)
LOCK, NEW, RUNNING = "FROM sessoes s", "INSERT INTO conversas", "SELECT STRAIGHT_JOIN"
COUNT, LIST = "UPDATE uso_diario", "SELECT id_usuario, mensagens"
BOTH_COUNTED, ONE_COUNTED = 2, 1


def running(count: int) -> list[dict[str, int]]:
    """Rows of replies that are being generated; the first is the reply to the new question."""
    return [{"id": REPLY + number, "id_conversa": CONVERSATION + number, "seq": 2} for number in range(count)]


def database(**changes: Any) -> FakeDatabase:
    """A database in which a new conversation is begun and everything is allowed, but for `changes`."""
    answers = {
        LOCK: [{"id_conversa_ativa": None, "mensagens": 4}],
        NEW: CONVERSATION,
        RUNNING: running(1),
        COUNT: BOTH_COUNTED,
    }
    return FakeDatabase(answers | {globals()[name]: answer for name, answer in changes.items()})


def send(fake: FakeDatabase, quota: Quota = QUOTA, **more: Any) -> object:
    return ask(fake, SESSION, MessageInput(message="Oi", **more), quota)  # type: ignore[arg-type]


def counts(fake: FakeDatabase) -> list[Sequence[Any]]:
    """Parameters of each attempt to count a message."""
    return [parameters for sql, parameters in fake.ran if sql.startswith(COUNT)]


def test_new_question_is_stored_with_its_reply() -> None:
    fake = database()
    reply = send(fake)
    assert isinstance(reply, NewReply)
    assert (reply.conversation_id, reply.reply_id, reply.reply_seq, reply.left) == (CONVERSATION, REPLY, 2, 5)
    assert [turn.text for turn in reply.turns] == ["Oi"]
    assert fake.transactions == 1


def test_session_is_locked_first_and_the_shared_counter_is_taken_last() -> None:
    fake = database()
    send(fake)
    assert fake.ran[0][0].endswith("FOR UPDATE")
    assert fake.ran[-1][0].startswith(COUNT)
    assert len(counts(fake)) == 1


def test_ended_session_is_refused_before_anything_is_stored() -> None:
    fake = database(LOCK=[])
    with pytest.raises(NotSignedIn):
        send(fake)
    assert len(fake.ran) == 1


def test_question_of_another_user_runs_no_statement() -> None:
    fake = database()
    with pytest.raises(NotSignedIn):
        send(fake, user_id=USER + 1)
    assert fake.ran == []


def test_unknown_conversation_is_refused_and_no_other_is_begun() -> None:
    fake = FakeDatabase({LOCK: [{"id_conversa_ativa": None, "mensagens": 0}], "UPDATE conversas": 0})
    with pytest.raises(NotFound):
        send(fake, conversation_id=404)
    assert [sql for sql, _ in fake.ran if sql.startswith("INSERT")] == []


def test_too_many_replies_at_once_are_refused_before_the_message_is_counted() -> None:
    fake = database(RUNNING=running(QUOTA.at_once + 1))
    with pytest.raises(TooManyReplies):
        send(fake)
    assert counts(fake) == []


def test_users_own_limit_is_not_tried_in_another_share() -> None:
    fake = database(LOCK=[{"id_conversa_ativa": None, "mensagens": QUOTA.person}])
    with pytest.raises(QuotaReached):
        send(fake)
    assert (fake.transactions, counts(fake)) == (1, [])


def full_but(*open_shares: int) -> dict[str, Any]:
    """Answers of a day on which only these shares have room."""

    def count(parameters: Sequence[Any]) -> int:
        return BOTH_COUNTED if -parameters[2] in open_shares else ONE_COUNTED

    rows = [{"id_usuario": -share, "mensagens": 0 if share in open_shares else 10} for share in range(SHARES)]
    return {"COUNT": count, "LIST": rows}


def test_message_is_counted_in_the_users_own_share() -> None:
    fake = database(**full_but(USER % SHARES))
    send(fake)
    assert [-parameters[2] for parameters in counts(fake)] == [USER % SHARES]


def test_full_share_repeats_the_transaction_with_one_that_has_room() -> None:
    fake = database(**full_but(12))
    send(fake)
    assert fake.transactions == 2
    assert [-parameters[2] for parameters in counts(fake)] == [USER % SHARES, 12]


def test_ceiling_is_reached_only_when_all_shares_are_full() -> None:
    fake = database(**full_but())
    with pytest.raises(CeilingReached):
        send(fake)
    assert fake.transactions == 1


def test_repetitions_are_bounded_even_if_each_share_fills_up_meanwhile() -> None:
    fake = database(COUNT=ONE_COUNTED, LIST=full_but(*range(SHARES))["LIST"])
    with pytest.raises(CeilingReached):
        send(fake)
    assert fake.transactions == SHARES + 1
