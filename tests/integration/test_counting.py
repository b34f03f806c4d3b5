"""A reply that failed without a word does not count for its user, exactly once; the ceiling keeps its count."""

from collections.abc import Generator

import pytest

from falaai.database import Database
from falaai.errors import LanguageModelError, ModelBlocked, ModelInterrupted, ModelRateLimited, ModelUnavailable
from falaai.language_model import ModelEvent, Prompt
from falaai.modes import SEARCH, Mode
from falaai.repositories import usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai_auth.carried_usage import carry_over, find_usage, keep_usage
from falaai_chat.generation.events import Interrupted
from falaai_chat.generation.stored_reply import StoredReply
from falaai_chat.pending_replies import NewReply, PendingReply
from falaai_chat.questions import ask, edit_question, regenerate_reply
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import EditInput, MessageInput
from falaai_cleanup.tasks import TASKS, clean_up
from tests.support.fakes import FakeModel
from tests.support.replies import ABANDON, PLENTY, answer, send
from tests.support.rows import Rows

USER = "SELECT mensagens FROM uso_diario WHERE id_usuario > 0"
CEILING = "SELECT SUM(mensagens) FROM uso_diario WHERE id_usuario <= 0"


def fail(database: Database, asked: PendingReply, error: LanguageModelError, *pieces: str) -> LanguageModelError:
    with pytest.raises(LanguageModelError) as failed:
        answer(database, asked, FakeModel(list(pieces), error))
    return failed.value


@pytest.mark.parametrize("error", [ModelRateLimited, ModelUnavailable, ModelInterrupted])
def test_failure_without_a_word_counts_for_the_ceiling_alone(
    database: Database, rows: Rows, session: Session, error: type[LanguageModelError]
) -> None:
    answer(database, send(database, session, "Antes"))
    asked = send(database, session)
    assert rows.value(USER) == 2
    facts = fail(database, asked, error("late")).facts
    assert (rows.value(USER), rows.value(CEILING)) == (1, 2)
    assert (facts["contou"], facts["restam"]) == (False, 999)
    again = regenerate_reply(database, session, asked.reply_id, PLENTY)
    assert rows.value(USER) == 2
    fail(database, again, error("late"))  # a retry does not count either
    assert (rows.value(USER), rows.value(CEILING)) == (1, 3)


def test_failure_after_a_word_a_refusal_and_a_stop_count(database: Database, rows: Rows, session: Session) -> None:
    assert "contou" not in fail(database, send(database, session), ModelInterrupted("cut"), "Ol").facts
    assert "contou" not in fail(database, send(database, session), ModelBlocked("SAFETY")).facts
    stopped = send(database, session)
    rows.run("UPDATE mensagens SET estado = 'interrompida' WHERE id = %s", stopped.reply_id)
    answer(database, stopped, FakeModel(pieces=[]))
    assert rows.value(USER) == 3


def test_end_that_is_stored_twice_gives_back_once(
    database: Database, rows: Rows, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is when the answer to the statement is lost."""
    send(database, session, "Antes")
    asked = send(database, session)
    assert isinstance(asked, NewReply)
    ends = []
    finish = StoredReply.finish

    def finish_twice(row: StoredReply, end: object) -> bool:
        ends.extend([finish(row, end), finish(row, end)])  # type: ignore[arg-type]
        return True

    monkeypatch.setattr(StoredReply, "finish", finish_twice)
    fail(database, asked, ModelRateLimited("429"))
    assert ends == [True, True]
    assert rows.value(USER) == 1


def test_cleanup_gives_back_a_try_whose_process_died_without_a_word(
    database: Database, rows: Rows, session: Session
) -> None:
    send(database, session, "Uma")
    send(database, session, "Outra")
    with_text = send(database, session, "Com texto")
    rows.run("UPDATE mensagens SET conteudo = 'Ol' WHERE id = %s", with_text.reply_id)
    rows.run(ABANDON)
    for _ in range(2):
        clean_up(database, 90, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
        assert (rows.value(USER), rows.value(CEILING)) == (1, 3)
    assert rows.value("SELECT COUNT(*) FROM mensagens WHERE erro = 'abandoned'") == 3


def test_retry_of_a_try_whose_process_died_gives_it_back_before_the_cleanup(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = send(database, session, client_id="a-1")
    rows.run(ABANDON)
    again = send(database, session, client_id="a-1")
    assert isinstance(again, NewReply)
    assert (again.reply_id, again.left, rows.value(USER)) == (asked.reply_id, PLENTY.message.person - 1, 1)
    rows.run(ABANDON)
    clean_up(database, 90, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
    regenerate_reply(database, session, asked.reply_id, PLENTY)  # the cleanup has given it back already
    assert rows.value(USER) == 1


def test_edit_of_a_question_whose_process_died_gives_it_back_before_the_cleanup(
    database: Database, rows: Rows, session: Session
) -> None:
    """A user whose last message died may still edit it. The cleanup must not give it back once more."""
    asked = send(database, session)
    rows.run(ABANDON)
    only_one = Limits(Quota(1, 1000))
    edited = edit_question(database, session, asked.question_id, EditInput(message="De outro jeito"), only_one)
    assert isinstance(edited, NewReply)
    assert (edited.left, rows.value(USER)) == (0, 1)
    clean_up(database, 90, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
    assert (rows.value(USER), rows.value(CEILING)) == (1, 2)
    old = rows.list("SELECT estado, erro FROM mensagens WHERE id = %s", asked.reply_id)
    assert [tuple(one.values()) for one in old] == [("interrompida", "abandoned")]


def test_edit_of_an_earlier_question_leaves_a_later_dead_reply_to_the_cleanup(
    database: Database, rows: Rows, session: Session
) -> None:
    first = send(database, session, "Primeira")
    answer(database, first)
    send(database, session, "Segunda")
    rows.run(ABANDON + " AND seq = 4")
    edit_question(database, session, first.question_id, EditInput(message="De outro jeito"), PLENTY)
    assert rows.value(USER) == 3
    clean_up(database, 90, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
    assert rows.value(USER) == 2


THINKING = Limits(Quota(5, 1000, 1000, Mode.THINK))
BOTH = "SELECT mensagens, pensadas FROM uso_diario WHERE id_usuario > 0"


def think(database: Database, session: Session, **more: str) -> NewReply:
    asked = ask(database, session, MessageInput(message="Por quê?", **more), THINKING)
    assert isinstance(asked, NewReply)
    return asked


def test_failure_without_a_word_is_given_back_to_its_mode(database: Database, rows: Rows, session: Session) -> None:
    answer(database, send(database, session))
    answer(database, think(database, session))
    asked = think(database, session)
    assert asked.left == 3
    assert fail(database, asked, ModelRateLimited("429")).facts["restam"] == 4
    assert rows.list(BOTH) == [{"mensagens": 1, "pensadas": 1}]


def test_cleanup_gives_back_each_abandoned_try_to_its_mode(database: Database, rows: Rows, session: Session) -> None:
    send(database, session)
    think(database, session)
    think(database, session)
    rows.run(ABANDON)
    clean_up(database, 90, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
    assert rows.list(BOTH) == [{"mensagens": 0, "pensadas": 0}]


def test_retry_in_the_other_mode_gives_the_abandoned_try_back_to_its_own(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = think(database, session, client_id="a-1")
    rows.run(ABANDON)
    again = send(database, session, "Por quê?", client_id="a-1")
    assert isinstance(again, NewReply)
    assert (again.reply_id, again.mode, again.left) == (asked.reply_id, Mode.FAST, PLENTY.message.person - 1)
    assert rows.list(BOTH) == [{"mensagens": 1, "pensadas": 0}]


def test_mode_and_model_are_stored_and_stay_with_a_hidden_version(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = think(database, session)
    answer(database, asked)
    answer(database, regenerate_reply(database, session, asked.reply_id, PLENTY))
    stored = "SELECT modo, modelo, ramo IS NULL AS mostrada FROM mensagens WHERE remetente = 'ia' ORDER BY versao"
    assert rows.list(stored) == [
        {"modo": "pensar", "modelo": "fake", "mostrada": 0},
        {"modo": "rapido", "modelo": "fake", "mostrada": 1},
    ]


def test_messages_searches_and_uploads_follow_to_the_next_account_with_the_address(
    database: Database, rows: Rows, session: Session
) -> None:
    send(database, session)
    think(database, session)
    think(database, session)
    usage.add_uploaded(database, session.user_id, day_of(session.now), 3_000_000)
    usage.add_message(database, session.user_id, day_of(session.now), SEARCH)
    keep_usage(database, session)
    found = find_usage(database, session.user_email)
    other = rows.user("nova@exemplo.com.br")
    carry_over(database, other, found)
    counts = "SELECT mensagens, pensadas, buscas, bytes_enviados FROM uso_diario WHERE id_usuario = %s"
    expected = {"mensagens": 1, "pensadas": 2, "buscas": 1, "bytes_enviados": 3 * 1024 * 1024}
    assert rows.list(counts, other) == [expected]


def test_stopped_reply_counts_the_tokens_that_have_arrived(database: Database, rows: Rows, session: Session) -> None:
    """Gemini bills them, also for a reply that its user stops or replaces."""
    for stop in ("UPDATE mensagens SET estado = 'interrompida' WHERE estado = 'gerando'", "DELETE FROM mensagens"):
        asked = send(database, session)

        class StoppedModel(FakeModel):
            def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
                rows.run(stop)  # noqa: B023 - used in the same round
                return super().stream(prompt, seconds)

        assert isinstance(answer(database, asked, StoppedModel()), Interrupted)
    assert rows.list("SELECT tokens_entrada, tokens_saida FROM uso_diario WHERE id_usuario > 0") == [
        {"tokens_entrada": 6, "tokens_saida": 4}
    ]
