"""Digests of files on the real database: repeated, failing, killed and late requests end in one state."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

from falaai import settings
from falaai.conversation_memory import turns_limit
from falaai.database import Database
from falaai.errors import (
    FileMissing,
    FilesUnavailable,
    LanguageModelError,
    ModelBlocked,
    ModelCannotRead,
    ModelCutShort,
    ModelMalformed,
    ModelNotConfigured,
    ModelRateLimited,
    RetryLater,
)
from falaai.gemini.models import GeminiModels
from falaai.language_model import Prompt
from falaai.queue_messages import DigestRequested, SummaryRequested
from falaai.repositories.files import Kind
from falaai.repositories.sent_attachments import DIGEST_CHARACTERS
from falaai_memory import worker
from falaai_memory.worker import add_digest, summarize
from tests.support.attached_files import bucket_of_test
from tests.support.databases import environment
from tests.support.fakes import FakeModel
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService
from tests.support.uploaded_files import FakeFileStore, StoredUpload, add_upload, pdf, wav
from tests.support.waiting import HANG_SECONDS, wait_until


@pytest.fixture
def upload(rows: Rows) -> StoredUpload:
    return add_upload(rows, rows.user(), pdf(2))


def requested(rows: Rows, upload: StoredUpload) -> DigestRequested:
    owner = rows.value("SELECT id_usuario FROM arquivos WHERE id = %s", upload.file_id)
    return DigestRequested(file_id=upload.file_id, user_id=owner)


def stored(rows: Rows) -> tuple[Any, ...]:
    (row,) = rows.list("SELECT resumo_estado, resumo, transcricao FROM arquivos")
    return tuple(row.values())


def test_digest_is_written_once(database: Database, rows: Rows, upload: StoredUpload) -> None:
    model, store = FakeModel(["Um contrato."]), FakeFileStore(upload)
    for _ in range(2):
        add_digest(database, model, store, requested(rows, upload), 1)
    assert stored(rows) == ("pronto", "Um contrato.", None)
    (prompt,) = model.prompts
    assert [file.data for file in prompt.files] == [upload.data]


def test_digest_that_was_saved_meanwhile_wins(database: Database, rows: Rows, upload: StoredUpload) -> None:
    class LateModel(FakeModel):
        def stream(self, prompt: Prompt, seconds: float) -> Any:
            rows.run("UPDATE arquivos SET resumo_estado = 'pronto', resumo = 'o outro'")
            return super().stream(prompt, seconds)

    add_digest(database, LateModel(), FakeFileStore(upload), requested(rows, upload), 1)
    assert stored(rows) == ("pronto", "o outro", None)


def test_long_digest_is_cut_at_a_word(database: Database, rows: Rows, upload: StoredUpload) -> None:
    add_digest(database, FakeModel(["palavra " * 2000]), FakeFileStore(upload), requested(rows, upload), 1)
    _, digest, _ = stored(rows)
    assert DIGEST_CHARACTERS - 10 < len(digest) <= DIGEST_CHARACTERS
    assert digest.endswith("palavra…")


def test_sound_gets_its_whole_transcript(database: Database, rows: Rows) -> None:
    upload = add_upload(rows, rows.user(), wav(1), Kind.AUDIO, "recado.wav")
    transcript = "Oi, aqui é a Bia. " * 1000
    model = FakeModel([f'```json\n{{"ficha": "Um recado.", "transcricao": "{transcript}"}}\n```'])
    add_digest(database, model, FakeFileStore(upload), requested(rows, upload), 1)
    assert stored(rows) == ("pronto", "Um recado.", transcript.strip())
    assert model.prompts[0].max_tokens > 8192


@pytest.mark.parametrize("failure", [ModelBlocked, ModelCannotRead, ModelCutShort])
def test_file_that_the_model_cannot_use_is_given_up_at_once(
    database: Database, rows: Rows, upload: StoredUpload, failure: type[LanguageModelError]
) -> None:
    add_digest(database, FakeModel([], failure("x")), FakeFileStore(upload), requested(rows, upload), 1)
    assert stored(rows) == ("erro", None, None)


def test_file_that_is_gone_is_given_up_at_once(database: Database, rows: Rows, upload: StoredUpload) -> None:
    store = FakeFileStore(upload)
    store.failure = FileMissing("gone")
    add_digest(database, FakeModel(), store, requested(rows, upload), 1)
    assert stored(rows) == ("erro", None, None)


def test_request_without_a_try_left_marks_the_digest_as_failed_unless_it_is_there(
    database: Database, rows: Rows, upload: StoredUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "database", lambda: database)
    worker.give_up(requested(rows, upload))
    assert stored(rows) == ("erro", None, None)
    add_digest(database, FakeModel(["Um contrato."]), FakeFileStore(upload), requested(rows, upload), 1)
    worker.give_up(requested(rows, upload))
    assert stored(rows) == ("pronto", "Um contrato.", None)


@pytest.mark.parametrize("failure", [ModelRateLimited, ModelNotConfigured, ModelMalformed])
def test_other_failures_are_retried_and_the_state_stays(
    database: Database, rows: Rows, upload: StoredUpload, failure: type[LanguageModelError]
) -> None:
    with pytest.raises(RetryLater, match=failure.code):
        add_digest(database, FakeModel([], failure("x")), FakeFileStore(upload), requested(rows, upload), 1)
    store = FakeFileStore(upload)
    store.failure = FilesUnavailable("stalled")
    with pytest.raises(RetryLater, match="files_unavailable"):
        add_digest(database, FakeModel(), store, requested(rows, upload), 1)
    assert stored(rows) == ("pendente", None, None)
    add_digest(database, FakeModel(["Um contrato."]), FakeFileStore(upload), requested(rows, upload), 1)
    assert stored(rows) == ("pronto", "Um contrato.", None)


@pytest.mark.parametrize("answer", ["sem JSON", '{"ficha": 1, "transcricao": ""}', '{"ficha": "x"}', "{"])
def test_sound_whose_answer_is_not_the_json_is_retried(database: Database, rows: Rows, answer: str) -> None:
    upload = add_upload(rows, rows.user(), wav(1), Kind.AUDIO, "recado.wav")
    with pytest.raises(RetryLater, match="model_malformed"):
        add_digest(database, FakeModel([answer]), FakeFileStore(upload), requested(rows, upload), 1)


def test_request_for_a_deleted_file_or_for_another_users_ends_without_the_model(
    database: Database, rows: Rows, upload: StoredUpload
) -> None:
    model = FakeModel()
    other = DigestRequested(file_id=upload.file_id, user_id=rows.user("bia@exemplo.com.br"))
    for message in (other, DigestRequested(file_id=10**9, user_id=1)):
        with pytest.raises(RetryLater):
            add_digest(database, model, FakeFileStore(upload), message, 10)
        add_digest(database, model, FakeFileStore(upload), message, 301)
    assert model.prompts == []


def test_digests_are_no_part_of_a_summary_and_survive_it(database: Database, rows: Rows) -> None:
    user = rows.user()
    conversation = rows.conversation(user, *["palavra " * 100] * 10)
    upload = add_upload(rows, user, pdf(1), resumo_estado="pronto", resumo="A PESSOA SE CHAMA BIA.")
    rows.run("UPDATE anexos SET id_conversa = %s, id_mensagem = (SELECT MIN(id) FROM mensagens)", conversation)
    model = FakeModel(["Falaram de palavras."])
    summarize(database, model, SummaryRequested(conversation_id=conversation), 1000, 1)
    assert rows.value("SELECT resumo FROM conversas") == "Falaram de palavras."
    assert "BIA" not in str(model.prompts)
    assert rows.value("SELECT resumo FROM arquivos WHERE id = %s", upload.file_id) == "A PESSOA SE CHAMA BIA."
    assert turns_limit(4000) < 4000


WORKER = """
import sys
from falaai.queue_messages import DigestRequested
from falaai_memory.worker import handle
handle(DigestRequested(file_id=int(sys.argv[1]), user_id=int(sys.argv[2])), 1)
"""


def test_worker_killed_while_the_model_answers_leaves_the_digest_to_the_next_try(
    cloud: RunningCloud,
    gemini: FakeService,
    rows: Rows,
    where: settings.DatabaseSettings,
    upload: StoredUpload,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = requested(rows, upload)
    with bucket_of_test(cloud, monkeypatch, "bucket-of-digests") as s3:
        s3.put_object(Bucket="bucket-of-digests", Key=upload.key, Body=upload.data)
        env = {**os.environ, **environment(where), "PICTURES_BUCKET": "bucket-of-digests"}
        env |= {"GEMINI_API_KEY": "k" * 39, "GEMINI_BASE_URL": gemini.url, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", WORKER, str(message.file_id), str(message.user_id)]
        gemini.fault(fault="pause", after_pieces=1)
        with subprocess.Popen(command, env=env) as worker:
            wait_until(lambda: gemini.requests() and gemini.requests()[-1]["pieces"], "the model has begun")
            worker.send_signal(signal.SIGKILL)
        assert stored(rows) == ("pendente", None, None)
        gemini.fault(fault=None)
        subprocess.run(command, env=env, check=True, timeout=HANG_SECONDS)
    state, digest, _ = stored(rows)
    assert state == "pronto"
    assert digest.startswith("Ficha de demonstração: um PDF de 2 páginas")


def test_digest_by_the_real_client_reads_the_bytes_that_were_checked(
    database: Database, rows: Rows, gemini: FakeService, upload: StoredUpload
) -> None:
    options = settings.GeminiSettings(gemini_api_key="k" * 39, gemini_base_url=gemini.url)  # type: ignore[arg-type]
    with closing(GeminiModels(options)) as model:
        add_digest(database, model, FakeFileStore(upload), requested(rows, upload), 1)
    (sent,) = gemini.requests()
    assert [one["bytes"] for one in sent["files"]] == [len(upload.data)]
    assert stored(rows)[1].startswith("Ficha de demonstração: um PDF de 2 páginas")
