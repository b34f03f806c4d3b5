"""The export worker on a real database and S3's protocol: archives are complete, and one is enough."""

import json
import secrets
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from falaai.database import Database
from falaai.export_files import key_of
from falaai.personal_archive import PAGE_ROWS, json_pieces
from falaai.queue_messages import EmailRequested, ExportRequested
from falaai.repositories.exports import State
from falaai_auth.export_requests import request_export
from falaai_export import archive_store
from falaai_export.archive_store import PIECE_BYTES
from tests.support.attached_files import AttachedFiles
from tests.support.export_jobs import BUCKET, Bucket, Job
from tests.support.fakes import GROUNDING, FakeQueues
from tests.support.histories import add_conversations, add_history
from tests.support.replies import new_session
from tests.support.rows import Rows


def test_archive_holds_every_row_each_conversation_and_the_picture(
    job: Job, rows: Rows, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_store, "PART_BYTES", 5 * 1024 * 1024)
    long = add_history(rows, job.user, 2 * PAGE_ROWS + 50)
    add_conversations(rows, job.user, PAGE_ROWS + 20)
    small = rows.conversation(job.user, "Pergunta", "Resposta\n\ncom “aspas”")
    rows.run("UPDATE conversas SET titulo_conversa = 'Pão/de\\\\queijo: já?' WHERE id = %s", small)
    empty = rows.conversation(job.user)
    other = rows.conversation(rows.user("bia@exemplo.com.br"), "Segredo de Bia")
    rows.run("UPDATE usuarios SET profile_pic_url = 'pictures/x.webp' WHERE id = %s", job.user)
    bucket.s3.put_object(Bucket=BUCKET, Key="pictures/x.webp", Body=b"a picture")
    before = json.loads("".join(json_pieces(job.database, job.user)))
    job.run()

    assert job.state is State.READY
    assert job.queues.sent == [EmailRequested(kind="exportacao", user_id=job.user)]
    archive = bucket.archive(job.id)
    assert archive.testzip() is None
    told = json.loads(archive.read("falaai.json"))
    for table in before.keys() - {"exportacoes"}:
        assert told[table] == before[table], table
    stored = rows.list(
        "SELECT m.id, m.conteudo FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE c.id_usuario = %s"
        " ORDER BY m.id_conversa, m.seq",
        job.user,
    )
    assert [(row["id"], row["conteudo"]) for row in told["mensagens"]] == [
        (row["id"], row["conteudo"]) for row in stored
    ]
    assert archive.read("foto.webp") == b"a picture"
    files = {name.split("/")[1].split()[0]: name for name in archive.namelist() if name.startswith("conversas/")}
    assert len(files) == len(told["conversas"]) == PAGE_ROWS + 23
    assert str(other) not in files
    assert files[str(small)] == f"conversas/{small} Pão de queijo  já.md"
    assert archive.read(files[str(small)]).decode() == (
        "# Pão/de\\queijo: já?\n\n## Você\n\nPergunta\n\n## FalaAí\n\nResposta\n\ncom “aspas”\n"
    )
    assert archive.read(files[str(empty)]).decode() == "# Nova Conversa\n"
    assert archive.read(files[str(long.id)]).decode().count("\n## ") == long.messages


def test_searches_are_in_the_archive_as_data_and_as_numbered_sources(job: Job, rows: Rows, bucket: Bucket) -> None:
    conversation = rows.conversation(job.user, "O que há?", "Olá, Ana.", "E depois?", "Nada.")
    rows.run(
        "UPDATE mensagens SET buscar = TRUE, buscada_em = NOW(6), pesquisa = %s, sugestoes = %s"
        " WHERE id_conversa = %s AND seq = 2",
        *(GROUNDING.stored(), GROUNDING.suggestions, conversation),
    )
    job.run()
    archive = bucket.archive(job.id)
    reply, other = [row for row in json.loads(archive.read("falaai.json"))["mensagens"] if row["remetente"] == "ia"]
    assert (reply["buscar"], reply["pesquisa"], reply["sugestoes"]) == (1, GROUNDING.shape(), GROUNDING.suggestions)
    assert (other["buscar"], other["pesquisa"], other["sugestoes"]) == (0, None, None)
    (name,) = [name for name in archive.namelist() if name.startswith("conversas/")]
    text = archive.read(name).decode()
    assert "Olá[1], Ana.\n\nFontes:\n\n1. a.example: <https://redirect.example/1>\n" in text
    assert text.count("Fontes:") == 1


def test_hidden_versions_are_in_the_archive_and_marked(job: Job, rows: Rows, bucket: Bucket) -> None:
    history = add_history(rows, job.user, 2 * PAGE_ROWS + 50)
    hide = "UPDATE mensagens SET pai = IF(seq = 3, %s, NULL), posicao = seq, ramo = 5, seq = -(5 + seq)"
    before = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 2", history.id)
    rows.run(f"{hide} WHERE id_conversa = %s AND seq > 2", before, history.id)
    rows.run("UPDATE conversas SET ultima_seq = 2, proximo_ramo = 500 WHERE id = %s", history.id)
    job.run()
    archive = bucket.archive(job.id)
    told = json.loads(archive.read("falaai.json"))["mensagens"]
    assert [row["seq"] for row in told] == list(range(1, history.messages + 1))
    assert [row["ramo"] for row in told] == [None, None, *[5] * (history.messages - 2)]
    (name,) = [name for name in archive.namelist() if name.startswith("conversas/")]
    text = archive.read(name).decode()
    assert text.count("\n## ") == history.messages
    shown, hidden = text.split("\n---\n\n# Versão 1 da mensagem 3, e o que veio depois dela\n")
    assert (shown.count("\n## "), hidden.count("\n## ")) == (2, history.messages - 2)


def test_attached_files_are_in_the_archive_once_each_with_their_digests(job: Job, rows: Rows, bucket: Bucket) -> None:
    attached = AttachedFiles(rows, bucket.s3, BUCKET)
    large = secrets.token_bytes(3 * PIECE_BYTES + 7)
    scan = attached.file(job.user, large, resumo="Um contrato de aluguel.", resumo_estado="pronto")
    photo = attached.file(job.user, b"jpeg", especie="imagem", tipo="image/jpeg")
    voice = attached.file(job.user, b"OggS", especie="audio", tipo="audio/ogg", transcricao="Bom dia!")
    lost = attached.file(job.user, b"gone")
    place = rows.conversation(job.user, "Leia", "Li.", "De novo", "Li outra vez.")
    deleted = rows.conversation(job.user, "Apagada")
    rows.run("UPDATE conversas SET apagada = TRUE, apagada_em = UTC_TIMESTAMP(6) WHERE id = %s", deleted)
    secret = attached.file(job.user, b"of a deleted conversation")
    attached.attach_to(deleted, secret, "segredo.pdf")
    for file_id, name in [
        (scan, "contrato: já?.pdf"),
        (photo, "praia.HEIC"),
        (voice, "áudio"),
        (lost, "perdido.pdf"),
    ]:
        attached.attach_to(place, file_id, name)
    again = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 3", place)
    attached.attach(scan, again, "o mesmo.pdf")
    attached.unsent(job.user)
    theirs = rows.user("bia@exemplo.com.br")
    attached.attach_to(rows.conversation(theirs, "Oi"), attached.file(theirs, b"de Bia"), "de Bia.pdf")
    bucket.s3.delete_object(Bucket=BUCKET, Key=attached.key(lost))
    job.run()

    archive = bucket.archive(job.id)
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist() if name.startswith("anexos/")}
    missing = files.pop("anexos/faltam.txt").decode()
    assert files == {
        f"anexos/{scan} contrato  já.pdf": large,
        f"anexos/{photo} praia.jpg": b"jpeg",
        f"anexos/{voice} áudio": b"OggS",
    }
    assert missing.endswith("\n\nperdido.pdf\n")
    assert {archive.getinfo(name).compress_type for name in files} == {zipfile.ZIP_STORED}
    told = json.loads(archive.read("falaai.json"))
    assert [row["nome"] for row in told["anexos"]] == [
        *("contrato: já?.pdf", "praia.HEIC", "áudio", "perdido.pdf", "o mesmo.pdf", "foto.jpg")
    ]
    found = {row["id"]: (row["resumo"], row["transcricao"]) for row in told["arquivos"]}
    assert found == {
        scan: ("Um contrato de aluguel.", None),
        photo: (None, None),
        voice: (None, "Bom dia!"),
        lost: (None, None),
    }
    assert "attachments/" not in archive.read("falaai.json").decode()
    (name,) = [name for name in archive.namelist() if name.startswith(f"conversas/{place}")]
    text = archive.read(name).decode()
    assert text.startswith(
        "# Nova Conversa\n\n## Você\n\nLeia\n\nAnexos: contrato: já?.pdf, praia.HEIC, áudio, perdido.pdf\n\n## FalaAí"
    )


def test_files_for_which_no_time_is_left_are_named(
    job: Job, rows: Rows, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached = AttachedFiles(rows, bucket.s3, BUCKET)
    place = rows.conversation(job.user, "Leia", "Li.")
    for name in ("velho.pdf", "novo.pdf"):
        attached.attach_to(place, attached.file(job.user, name.encode()), name)
    ticks = iter([True, False])
    monkeypatch.setattr("falaai_export.archive._has_time", lambda: next(ticks))
    job.run()
    archive = bucket.archive(job.id)
    names = [name for name in archive.namelist() if name.startswith("anexos/")]
    assert [name.rpartition(" ")[2] for name in names] == ["novo.pdf", "anexos/faltam.txt"]
    assert archive.read("anexos/faltam.txt").decode().endswith("\n\nvelho.pdf\n")
    assert job.state is State.READY


def test_repeated_message_writes_nothing_and_sends_no_second_email(job: Job, bucket: Bucket) -> None:
    job.run()
    written = bucket.s3.head_object(Bucket=BUCKET, Key=key_of(job.id))["LastModified"]
    bucket.s3.put_object(Bucket=BUCKET, Key=key_of(job.id), Body=b"as it was")
    job.run()
    assert bucket.s3.get_object(Bucket=BUCKET, Key=key_of(job.id))["Body"].read() == b"as it was"
    assert len(job.queues.sent) == 1
    assert written


def test_requests_at_once_are_one_job(database: Database, rows: Rows) -> None:
    """No worker ends the job meanwhile: a request after its end is a new job."""
    session, queues = new_session(rows, rows.user()), FakeQueues()
    with ThreadPoolExecutor(4) as pool:
        requested = list(pool.map(lambda _: request_export(database, queues, session).id, range(4)))
    assert len(set(requested)) == 1
    assert {message.export_id for message in queues.sent if isinstance(message, ExportRequested)} == set(requested)
    assert rows.value("SELECT COUNT(*) FROM exportacoes") == 1
