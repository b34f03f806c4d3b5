"""Uploads that are cut, and checks and replies during which S3 or the function fails.

Each ends in a clear answer, and nothing is lost.
"""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support import attachments
from tests.support.attachments import announce, attach, ready, send, upload
from tests.support.fault_proxy import FaultProxy
from tests.support.faulty_cloud import FaultyCloud
from tests.support.people import People, Person
from tests.support.waiting import wait_until


@pytest.fixture
def ana(faulty_people: People, faulty: FaultyCloud) -> Person:
    return faulty_people.member()


def send_a_part(form: dict[str, object], content: bytes, share: float) -> None:
    """Begin an upload and close the connection after a part of its bytes."""
    request = httpx.Request("POST", str(form["url"]), data=form["campos"], files={"file": ("blob", content)})  # type: ignore[arg-type]
    body, address = request.read(), urlsplit(str(form["url"]))
    lines = [f"POST {address.path or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[: int(len(body) * share)])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_upload_cut_in_the_middle_is_told_and_can_be_repeated(member: Person, share: float) -> None:
    content = attachments.photo(size=(1200, 900))
    form = announce(member, content).json()
    send_a_part(form, content, share)
    early = member.http.post(f"/chat/attachments/{form['id']}/ready")
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    assert send(form, content).status_code == 204
    assert ready(member, form["id"])["estado"] == "pronto"


@pytest.mark.parametrize("fault", [FaultProxy.stalling, FaultProxy.dropping], ids=["stalled", "gone"])
def test_check_without_s3_is_503_and_works_later(faulty: FaultyCloud, ana: Person, fault: object) -> None:
    attachment_id = upload(ana, attachments.photo())
    fault(faulty.aws)  # type: ignore[operator]
    failed = ana.http.post(f"/chat/attachments/{attachment_id}/ready")
    assert (failed.status_code, failed.json()["code"]) == (503, "attachments_unavailable")
    assert failed.json()["detail"].endswith(".")
    assert int(failed.headers["retry-after"]) > 0
    assert ana.http.get(f"/chat/attachments/{attachment_id}").json()["estado"] == "enviando"
    faulty.aws.passing()
    assert ready(ana, attachment_id)["estado"] == "pronto"


def test_download_cut_by_s3_is_no_refusal_of_the_file(faulty: FaultyCloud, ana: Person) -> None:
    content = attachments.wav(20)
    attachment_id = upload(ana, content)
    faulty.aws.cutting(len(content) // 2)
    failed = ana.http.post(f"/chat/attachments/{attachment_id}/ready")
    assert (failed.status_code, failed.json()["code"]) == (503, "attachments_unavailable")
    faulty.aws.passing()
    assert ready(ana, attachment_id)["estado"] == "pronto"


def test_preview_without_s3_is_503_and_works_later(faulty: FaultyCloud, ana: Person) -> None:
    path = f"/chat/attachments/{attach(ana, attachments.photo())['id']}/imagem"
    faulty.aws.dropping()
    failed = ana.http.get(path)
    assert (failed.status_code, failed.json()["code"]) == (503, "attachments_unavailable")
    faulty.aws.passing()
    assert ana.http.get(path).status_code == 200


@pytest.mark.parametrize("fault", [FaultProxy.stalling, FaultProxy.dropping], ids=["stalled", "gone"])
def test_reply_without_s3_keeps_the_question_and_works_later(faulty: FaultyCloud, ana: Person, fault: object) -> None:
    question = {"message": "O que é?", "anexos": [attach(ana, attachments.photo())["id"]], "client_id": "a-1"}
    fault(faulty.aws)  # type: ignore[operator]
    failed = ana.http.post("/chat/message", json=question)
    assert failed.json()["code"] == "files_unavailable"
    assert failed.json()["detail"].endswith(".")
    with ana.stream(**question) as events:  # type: ignore[arg-type]
        *_, (last, end) = events
    assert (last, end["code"]) == ("error", "files_unavailable")
    faulty.aws.passing()
    answered = ana.say(**question)  # type: ignore[arg-type]
    stored = ana.http.get(f"/conversation/{answered['conversation_id']}").json()
    assert [(one["conteudo"], one["estado"]) for one in stored[:1]] == [("O que é?", "completa")]
    assert [one["estado"] for one in stored] == ["completa", "completa"]


def test_function_killed_during_a_check_leaves_an_upload_that_can_be_checked(
    faulty: FaultyCloud, ana: Person
) -> None:
    attachment_id = upload(ana, attachments.photo())
    faulty.aws.stalling()
    before = faulty.aws.connections
    with ThreadPoolExecutor() as pool:
        checked = pool.submit(ana.http.post, f"/chat/attachments/{attachment_id}/ready")
        wait_until(lambda: faulty.aws.connections > before, "a request to S3")
        for pid in faulty.cloud.function_processes("AttachmentsFunction"):
            os.kill(pid, signal.SIGKILL)
        assert checked.result().status_code == 502
    faulty.aws.passing()
    assert ready(ana, attachment_id)["estado"] == "pronto"
