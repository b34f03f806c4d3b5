"""Taking a question, on fake statements: the order of the steps, refusals, and the shares of the ceiling."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from falaai.conversation_memory import PersonalNotes
from falaai.errors import CeilingReached, NotFound, NotSignedIn, QuotaReached, TooManyReplies
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from tests.support.fakes import FakeDatabase

USER, CONVERSATION, REPLY = 7, 70, 700
SESSION = Session(1, USER, None, "Ana", "ana@exemplo.com.br", 0, datetime(2026, 6, 1, 12))
QUOTA = Quota(person=10, everybody=160, at_once=3)
SESSIONS, NEW, CONTEXT = "UPDATE sessoes", "INSERT INTO conversas", "FROM conversas c JOIN mensagens m"
COUNT, LIST = "INSERT INTO uso_diario", "SELECT id_usuario, mensagens"


def context(running: int = 1) -> list[dict[str, Any]]:
    """Rows of the new reply and of its question."""
    title = {"titulo_conversa": "Oi", "titulo_manual": 0, "titulo_provisorio": 1}
    more = {
        **title,
        "resumo": None,
        "buscada": 0,
        "gerando": running,
        "tem_anexos": 0,
        "temporaria": 0,
        "instrucoes": "Seja breve.",
        "fatos": '[{"id": 3, "text": "Mora em Natal"}]',
    }
    return [
        {"id": REPLY, "seq": 2, "remetente": "ia", "conteudo": "", **more},
        {"id": REPLY - 1, "seq": 1, "remetente": "usuario", "conteudo": "Oi", **more},
    ]


def database(**changes: Any) -> FakeDatabase:
    """A database in which a new conversation is begun and everything is allowed, but for `changes`."""
    answers = {SESSIONS: CONVERSATION, NEW: CONVERSATION, CONTEXT: context(), COUNT: 5}
    return FakeDatabase(answers | {globals()[name]: answer for name, answer in changes.items()})


def send(fake: FakeDatabase, quota: Quota = QUOTA, **more: Any) -> object:
    return ask(fake, SESSION, MessageInput(message="Oi", **more), Limits(quota))  # type: ignore[arg-type]


def counts(fake: FakeDatabase) -> list[int]:
    """Return the shares in which a message was counted, also if it was refused."""
    return [-parameters[0] for sql, parameters in fake.ran if sql.startswith(COUNT) and parameters[0] <= 0]


def test_new_question_is_stored_with_its_reply() -> None:
    fake = database()
    reply = send(fake)
    assert isinstance(reply, NewReply)
    assert (reply.conversation_id, reply.reply_id, reply.reply_seq, reply.left) == (CONVERSATION, REPLY, 2, 5)
    assert [turn.text for turn in reply.turns] == ["Oi"]
    assert reply.notes == PersonalNotes("Seja breve.", ("Mora em Natal",))
    assert fake.transactions == 1


def test_message_is_counted_first_for_the_user_and_last_in_the_share() -> None:
    fake = database()
    send(fake)
    (first, user), (last, share) = fake.ran[0], fake.ran[-1]
    assert (first[: len(COUNT)], last[: len(COUNT)]) == (COUNT, COUNT)
    assert (user[0], share[0]) == (USER, -(USER % SHARES))


@pytest.mark.parametrize("more", [{"nova": True}, {"conversation_id": CONVERSATION}, {}])
def test_ended_session_is_refused(more: dict[str, Any]) -> None:
    fake = database(SESSIONS=0)
    with pytest.raises(NotSignedIn):
        send(fake, **more)
    assert "INSERT INTO mensagens" not in str(fake.ran)


def test_question_of_another_user_runs_no_statement() -> None:
    fake = database()
    with pytest.raises(NotSignedIn):
        send(fake, user_id=USER + 1)
    assert fake.ran == []


def test_unknown_conversation_is_refused_and_no_other_is_begun() -> None:
    fake = FakeDatabase({"UPDATE conversas": 0})
    with pytest.raises(NotFound):
        send(fake, conversation_id=404)
    assert [sql for sql, _ in fake.ran if sql.startswith(("INSERT INTO conversas", "INSERT INTO mensagens"))] == []


def test_first_question_continues_the_conversation_that_another_one_has_begun_meanwhile() -> None:
    fake = database(SESSIONS=CONVERSATION + 1)
    fake.answers |= {"UPDATE conversas": 4, CONTEXT: [row | {"seq": row["seq"] + 2} for row in context()]}
    reply = send(fake)
    assert isinstance(reply, NewReply)
    assert (reply.conversation_id, reply.reply_seq) == (CONVERSATION + 1, 4)
    assert [parameters for sql, parameters in fake.ran if sql.startswith("DELETE")] == [(USER, CONVERSATION)]


def test_too_many_replies_at_once_are_refused_before_the_ceiling_is_taken_from() -> None:
    fake = database(CONTEXT=context(running=QUOTA.at_once + 1))
    with pytest.raises(TooManyReplies):
        send(fake)
    assert counts(fake) == []


def test_users_own_limit_is_not_tried_in_another_share() -> None:
    fake = database(COUNT=QUOTA.person + 1)
    with pytest.raises(QuotaReached):
        send(fake)
    assert (fake.transactions, counts(fake)) == (1, [])


def full_but(*open_shares: int) -> dict[str, Any]:
    """Answers of a day on which only these shares have room."""

    def count(parameters: Sequence[Any]) -> int:
        return 5 if parameters[0] > 0 or -parameters[0] in open_shares else 11

    rows = [{"id_usuario": -share, "usadas": 0 if share in open_shares else 10} for share in range(SHARES)]
    return {"COUNT": count, "LIST": rows}


def test_message_is_counted_in_the_users_own_share() -> None:
    fake = database(**full_but(USER % SHARES))
    send(fake)
    assert counts(fake) == [USER % SHARES]


def test_full_share_repeats_the_transaction_with_one_that_has_room() -> None:
    fake = database(**full_but(12))
    send(fake)
    assert fake.transactions == 2
    assert counts(fake) == [USER % SHARES, 12]


def test_ceiling_is_reached_only_when_all_shares_are_full() -> None:
    fake = database(**full_but())
    with pytest.raises(CeilingReached):
        send(fake)
    assert fake.transactions == 1


def test_repetitions_are_bounded_even_if_each_share_fills_up_meanwhile() -> None:
    fake = database(COUNT=full_but()["COUNT"], LIST=full_but(*range(SHARES))["LIST"])
    with pytest.raises(CeilingReached):
        send(fake)
    assert fake.transactions == 2 * SHARES + 1
