"""Limits of messages a day and of replies at once, on the real database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from falaai.database import Database
from falaai.errors import (
    CeilingReached,
    QuotaReached,
    TooManyReplies,
)
from falaai.repositories.sessions import Session
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import ask, regenerate_reply
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from tests.support.fakes import FakeModel
from tests.support.replies import answer, new_session
from tests.support.rows import Rows


def test_hundred_at_once_with_ten_left_are_ten(database: Database, rows: Rows, session: Session) -> None:
    quota, model = Limits(Quota(10, 1000, at_once=100)), FakeModel()

    def try_one(number: int) -> bool:
        try:
            asked = ask(database, session, MessageInput(message=f"Pergunta {number}"), quota)
        except QuotaReached:
            return False
        answer(database, asked, model)
        return True

    with ThreadPoolExecutor(16) as pool:
        let_through = list(pool.map(try_one, range(100)))
    assert (sum(let_through), len(model.prompts)) == (10, 10)
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 20
    assert rows.value("SELECT SUM(mensagens) FROM uso_diario WHERE id_usuario <= 0") == 10


def test_burst_of_one_person_is_three_replies_at_once(database: Database, rows: Rows, session: Session) -> None:
    quota = Limits(Quota(1000, 1000))
    conversations = [rows.conversation(session.user_id, "Oi", "Olá") for _ in range(5)]
    rows.conversation(session.user_id, "Oi", "Olá")
    other_reply = rows.value("SELECT MAX(id) FROM mensagens")
    before = rows.value("SELECT COUNT(*) FROM mensagens")

    def try_one(number: int) -> PendingReply | None:
        place = {"nova": True} if number % 2 else {"conversation_id": conversations[number % 5]}
        try:
            return ask(database, session, MessageInput(message=f"Pergunta {number}", **place), quota)
        except TooManyReplies:
            return None

    with ThreadPoolExecutor(16) as pool:
        asked = [one for one in pool.map(try_one, range(60)) if one]
    assert len(asked) == 3
    assert rows.value("SELECT COUNT(*) FROM mensagens") == before + 6
    assert rows.value("SELECT SUM(mensagens) FROM uso_diario WHERE id_usuario <= 0") == 3

    with pytest.raises(TooManyReplies):
        regenerate_reply(database, session, other_reply, quota)
    other = new_session(rows, rows.user("bia@exemplo.com.br"))
    ask(database, other, MessageInput(message="Outra pessoa"), quota)
    answer(database, asked[0])
    assert try_one(61)
    assert try_one(62) is None


def test_reply_whose_process_is_gone_gives_its_place_to_another(
    database: Database, rows: Rows, session: Session
) -> None:
    quota = Limits(Quota(1000, 1000, at_once=1))
    asked = ask(database, session, MessageInput(message="Um"), quota)
    with pytest.raises(TooManyReplies):
        ask(database, session, MessageInput(message="Dois"), quota)
    rows.run("UPDATE mensagens SET escrita_em = escrita_em - INTERVAL 61 SECOND WHERE id = %s", asked.reply_id)
    ask(database, session, MessageInput(message="Dois"), quota)


def test_ceiling_holds_for_everybody_together(database: Database, rows: Rows, session: Session) -> None:
    other = new_session(rows, rows.user("bia@exemplo.com.br"))
    quota = Limits(Quota(10, 2))
    ask(database, session, MessageInput(message="Um"), quota)
    ask(database, other, MessageInput(message="Dois"), quota)
    with pytest.raises(CeilingReached):
        ask(database, other, MessageInput(message="Três"), quota)


def test_quota_opens_at_midnight_in_sao_paulo(database: Database, session: Session) -> None:
    evening = replace(session, now=datetime(2026, 6, 2, 2, 59))  # 23:59 on the first of June there
    quota = Limits(Quota(1, 100))
    ask(database, evening, MessageInput(message="Um"), quota)
    with pytest.raises(QuotaReached) as caught:
        ask(database, evening, MessageInput(message="Dois"), quota)
    assert caught.value.retry_after == 61
    assert caught.value.facts["resets_at"] == "2026-06-02T00:00:00-03:00"
    ask(database, replace(session, now=datetime(2026, 6, 2, 3, 0)), MessageInput(message="Três"), quota)
