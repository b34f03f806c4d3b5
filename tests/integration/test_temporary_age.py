"""A temporary conversation that is almost a day old is out of reach, and the cleanup of each hour has deleted it."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from devcloud.schedules import occurrences
from devcloud.template import Schedule, read_template
from falaai.database import Database
from falaai.errors import NotFound
from falaai.personal_archive import json_pieces
from falaai.queue_messages import CleanupRequested, SummaryRequested, TitleRequested
from falaai.repositories import (
    conversations,
    deletions,
    exchanges,
    facts,
    messages,
    running_replies,
    search,
    temporary_conversations,
    transcripts,
)
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai_chat.conversation_changes import (
    close,
    delete,
    get_conversation,
    rate_reply,
    read_page,
    switch_version,
)
from falaai_chat.pending_replies import NewReply, get_reply
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput, RatingInput
from falaai_cleanup import worker
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.paths import ROOT
from tests.support.replies import NOW, PLENTY, answer, send
from tests.support.rows import Rows

SECRET = "segredo-passageiro"
REACHABLE, TOO_OLD = "23:54:00", "23:55:00"


@pytest.fixture
def begun(database: Database, session: Session) -> NewReply:
    asked = send(database, session, f"Meu {SECRET}", nova=True, temporaria=True, client_id="a-primeira")
    assert isinstance(asked, NewReply)
    answer(database, asked)
    return asked


def make_old(rows: Rows, age: str) -> None:
    rows.run("UPDATE conversas SET temporaria_em = UTC_TIMESTAMP(6) - INTERVAL %s HOUR_SECOND WHERE temporaria", age)


Use = Callable[[Database, Session, NewReply], Any]
EDIT = EditInput(message="Outro texto")
USES: dict[str, Use] = {
    "read": lambda database, session, of: read_page(database, session, of.conversation_id, 50),
    "export": lambda database, session, of: get_conversation(database, session, of.conversation_id),
    "follow the reply": lambda database, session, of: get_reply(database, session, of.reply_id),
    "send": lambda database, session, of: send(database, session, "Mais", conversation_id=of.conversation_id),
    "send again": lambda database, session, of: send(
        database, session, f"Meu {SECRET}", client_id="a-primeira", conversation_id=of.conversation_id
    ),
    "edit": lambda database, session, of: edit_question(database, session, of.question_id, EDIT, PLENTY),
    "regenerate": lambda database, session, of: regenerate_reply(database, session, of.reply_id, PLENTY),
    "switch": lambda database, session, of: database.transaction(
        lambda sql: switch_version(sql, session, of.reply_id, 1, 50)
    ),
    "delete": lambda database, session, of: database.transaction(
        lambda sql: delete(sql, session, FakeQueues(), of.conversation_id)
    ),
}


@pytest.mark.parametrize("use", USES)
def test_each_use_ends_before_a_day(
    database: Database, rows: Rows, session: Session, begun: NewReply, use: str
) -> None:
    make_old(rows, TOO_OLD)
    with pytest.raises(NotFound):
        USES[use](database, session, begun)
    make_old(rows, REACHABLE)
    USES[use](database, session, begun)


def test_rating_and_close_of_an_old_one_are_not_found_too(
    database: Database, rows: Rows, session: Session, begun: NewReply
) -> None:
    make_old(rows, TOO_OLD)
    with pytest.raises(NotFound):
        rate_reply(database, session, begun.reply_id, RatingInput(nota="boa"))
    with pytest.raises(NotFound):
        database.transaction(lambda sql: close(sql, session, begun.conversation_id))


def test_no_repository_returns_a_word_of_an_old_one(
    database: Database, rows: Rows, session: Session, begun: NewReply
) -> None:
    make_old(rows, TOO_OLD)
    user, conversation = session.user_id, begun.conversation_id
    found = [
        conversations.find_conversation(database, user, conversation),
        conversations.find_conversation_of_anyone(database, conversation),
        conversations.list_conversations(database, user, 10),
        deletions.list_page(database, user, 10, 10),
        search.list_matching_conversations(database, user, SECRET, 10),
        search.list_hits(database, user, SECRET, [conversation]),
        transcripts.find_context(database, user, conversation, 2),
        transcripts.find_page(database, user, conversation, day_of(session.now), 50),
        messages.find_message(database, user, begun.question_id),
        exchanges.lock_message(database, user, begun.question_id),
        exchanges.lock_exchanges(database, user, "a-primeira", begun.question_id),
        facts.list_facts(database, user),
        "".join(json_pieces(database, user)),
    ]
    assert SECRET not in str(found)
    assert found[0] is found[1] is None


def test_workers_call_no_model_for_an_old_one(database: Database, rows: Rows, begun: NewReply) -> None:
    make_old(rows, TOO_OLD)
    model, late = FakeModel(), 3600.0
    set_generated_title(database, model, TitleRequested(conversation_id=begun.conversation_id), late)
    summarize(database, model, SummaryRequested(conversation_id=begun.conversation_id), 100, late)
    assert model.prompts == []


def test_reply_in_progress_can_no_longer_be_read(database: Database, rows: Rows, session: Session) -> None:
    asked = send(database, session, f"Meu {SECRET}", nova=True, temporaria=True)
    running_replies.save_partial_text(database, asked.reply_id, 1, SECRET)
    make_old(rows, TOO_OLD)
    with pytest.raises(NotFound):
        get_reply(database, session, asked.reply_id)


def test_longest_reply_ends_before_a_day() -> None:
    """No question is taken in the last minutes, which are more than a reply may take."""
    functions = read_template(ROOT / "template.yaml").functions
    longest = max(one.timeout for name, one in functions.items() if name.startswith("Chat"))
    assert 60 * conversations.TEMPORARY_MINUTES + longest < 24 * 3600


def hourly() -> Schedule:
    """Return the schedule of the cleanup of each hour."""
    (found,) = [one for one in read_template(ROOT / "template.yaml").schedules if one.input]
    return found


def test_four_runs_of_the_schedule_see_an_old_one_before_a_day() -> None:
    times = occurrences(hourly(), NOW.replace(tzinfo=UTC))
    pause = (next(times) - next(times)) / timedelta(hours=-1)
    assert (24 - temporary_conversations.DELETED_AFTER_HOURS) / pause >= 4


@pytest.fixture
def dead_letters(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run the cleanup function on this database. Returns the bodies that it puts into its dead-letter queue."""
    bodies = list[str]()
    for name in ("PICTURES_BUCKET", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setattr(worker, "database", lambda: database)
    monkeypatch.setattr(worker, "send_message", lambda url, body, _reason: bodies.append(body))
    return bodies


def run_hourly() -> dict[str, int]:
    """Run what the schedule of each hour runs."""
    assert hourly().function == "CleanupFunction"
    event = json.loads(hourly().input or "")
    return dict(
        worker.handle(event, SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 300_000))
    )


def test_hourly_cleanup_deletes_old_ones_alone(
    database: Database, rows: Rows, session: Session, begun: NewReply, dead_letters: list[str]
) -> None:
    make_old(rows, "20:00:00")
    young = send(database, session, "Outra", nova=True, temporaria=True)
    unused = rows.conversation(session.user_id, "velha", days_old=400)
    assert run_hourly() == {"temporary_conversations": 1, "conversations": 0, "messages": 2, "attachments": 0} | {
        "unused_files": 0
    }
    kept = {row["id"] for row in rows.list("SELECT id FROM conversas")}
    assert kept == {young.conversation_id, unused}
    assert dead_letters == []


def test_operator_hears_of_one_that_was_kept_for_a_day(
    rows: Rows, begun: NewReply, dead_letters: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    make_old(rows, "24:00:00")
    run_hourly()
    assert [CleanupRequested.model_validate_json(body).only for body in dead_letters] == ["temporary_conversations"]
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0
    run_hourly()
    assert len(dead_letters) == 1


def test_failed_runs_are_made_up_for_by_the_next_one(
    rows: Rows, begun: NewReply, dead_letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(messages, "delete_messages", lambda sql, _ids, _most: sql.list("SELECT id FROM missing"))
        for age in ("20:59:00", "21:59:00", "22:59:00"):
            make_old(rows, age)
            with pytest.raises(ExceptionGroup):
                run_hourly()
    make_old(rows, "23:59:00")
    assert run_hourly()["temporary_conversations"] == 1
    assert dead_letters == []
