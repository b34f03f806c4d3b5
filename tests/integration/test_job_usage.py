"""Model calls of workers count in the user's day, whatever becomes of them; a blocked user gets none."""

from collections.abc import Callable

import pytest

from falaai.database import Database
from falaai.errors import ModelBlocked, ModelRateLimited, RetryLater
from falaai.model_costs import answer_microdollars
from falaai.queue_messages import DigestRequested, SummaryRequested, TitleRequested
from falaai.repositories import usage, usage_totals
from falaai.repositories.usage_totals import Use
from falaai.sao_paulo import day_of
from falaai_memory.worker import add_digest, summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel
from tests.support.rows import Rows
from tests.support.uploaded_files import FakeFileStore, add_upload, pdf

# FakeModel reads 3 tokens and writes 2 in each answer.
ONE_CALL = Use(people=1, tokens_in=3, tokens_out=2)
Job = Callable[[Database, Rows, int, FakeModel], None]


def write_title(database: Database, rows: Rows, user: int, model: FakeModel) -> None:
    conversation = rows.conversation(user, "Como faço pão de queijo?", "Assim.")
    set_generated_title(database, model, TitleRequested(conversation_id=conversation), 1)


def write_summary(database: Database, rows: Rows, user: int, model: FakeModel) -> None:
    conversation = rows.conversation(user, *["palavra " * 200] * 12)
    summarize(database, model, SummaryRequested(conversation_id=conversation), 500, 1)


def write_digest(database: Database, rows: Rows, user: int, model: FakeModel) -> None:
    upload = add_upload(rows, user, pdf(1))
    message = DigestRequested(file_id=upload.file_id, user_id=user)
    add_digest(database, model, FakeFileStore(upload), message, 1)


JOBS = pytest.mark.parametrize("job", [write_title, write_summary, write_digest], ids=lambda job: job.__name__)


def use_of_today(database: Database, rows: Rows) -> Use:
    return usage_totals.find_sum(database, day_of(rows.value("SELECT UTC_TIMESTAMP(6)"))) or Use()


@JOBS
def test_job_counts_for_its_user_on_a_day_without_messages(database: Database, rows: Rows, job: Job) -> None:
    job(database, rows, rows.user(), FakeModel(["Pão de queijo"]))
    assert use_of_today(database, rows) == ONE_CALL


@JOBS
def test_failed_answer_counts_too(database: Database, rows: Rows, job: Job) -> None:
    try:
        job(database, rows, rows.user(), FakeModel(["Pão"], ModelRateLimited("429")))
    except RetryLater:
        pass
    else:
        pytest.fail("a job that the model refused for now is tried again")
    assert use_of_today(database, rows) == ONE_CALL


def test_result_that_is_given_up_was_paid_for(database: Database, rows: Rows) -> None:
    write_digest(database, rows, rows.user(), FakeModel([], ModelBlocked("SAFETY")))
    assert rows.value("SELECT resumo_estado FROM arquivos") == "erro"
    assert use_of_today(database, rows) == ONE_CALL


def test_title_that_came_too_late_was_paid_for(database: Database, rows: Rows) -> None:
    class LateModel(FakeModel):
        def stream(self, prompt, seconds):  # type: ignore[no-untyped-def]
            rows.run("UPDATE conversas SET titulo_conversa = 'Outro', titulo_manual = TRUE")
            return super().stream(prompt, seconds)

    write_title(database, rows, rows.user(), LateModel(["Pão de queijo"]))
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Outro"
    assert use_of_today(database, rows) == ONE_CALL


@JOBS
def test_blocked_user_gets_no_job_until_the_block_ends(database: Database, rows: Rows, job: Job) -> None:
    user, model = rows.user(), FakeModel(["Pão de queijo"])
    rows.run("UPDATE usuarios SET bloqueada_em = UTC_TIMESTAMP(6)")
    job(database, rows, user, model)
    assert model.prompts == []
    assert use_of_today(database, rows) == Use()
    assert rows.list("SELECT id FROM arquivos WHERE resumo_estado <> 'pendente'") == []
    rows.run("UPDATE usuarios SET bloqueada_em = NULL")
    rows.run("DELETE FROM anexos")
    rows.run("DELETE FROM arquivos")
    job(database, rows, user, model)
    assert len(model.prompts) == 1


def test_use_is_added_to_the_users_messages_at_its_price(database: Database, rows: Rows) -> None:
    user, other = rows.user(), rows.user("outra@exemplo.com.br")
    day = day_of(rows.value("SELECT UTC_TIMESTAMP(6)"))
    usage.add_message(database, user, day)
    usage.update_tokens(database, user, day, 10, 20, cost=30)
    cost = answer_microdollars("gemini-3.5-flash-lite", 1000, 100)
    for _ in range(2):
        usage.add_job_use(database, user, day, 1000, 100, cost)
    found = usage_totals.list_of_users(database, [user, other], day, day)
    assert found == {user: Use(messages=1, tokens_in=2010, tokens_out=220, cost=30 + 2 * cost)}


def test_deleted_account_gets_no_row(database: Database, rows: Rows) -> None:
    user = rows.user()
    rows.run("UPDATE usuarios SET apagada_em = UTC_TIMESTAMP(6)")
    day = day_of(rows.value("SELECT UTC_TIMESTAMP(6)"))
    usage.add_job_use(database, user, day, 1, 1, 1)
    usage.add_job_use(database, user + 1, day, 1, 1, 1)
    assert rows.list("SELECT * FROM uso_diario") == []
