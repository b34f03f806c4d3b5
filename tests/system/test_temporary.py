"""Temporary conversations over HTTP: no word of them is left in the database, in a log or in an answer."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from devcloud.template import read_template
from tests.support.paths import ROOT
from tests.support.people import People, Person
from tests.support.rows import TABLES, Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import wait_until

WORD = "canario-passageiro"
BEGIN = {"nova": True, "temporaria": True}


def traces(cloud: RunningCloud, product: Rows) -> list[str]:
    """Return where the word is found: tables, objects and their names, queues, and the log of all functions."""
    tables = [next(iter(row.values())) for row in product.list("SHOW TABLES")]
    assert set(TABLES) <= set(tables)
    found = [table for table in tables if WORD in str(product.list(f"SELECT * FROM {table}"))]
    found += [f"object {key}" for key, content in objects(cloud) if WORD.encode() in key.encode() + content]
    found += [f"queue {name}" for name, body in queued(cloud) if WORD in body]
    return [*found, *(["log"] if WORD in cloud.log.read_text() else [])]


def objects(cloud: RunningCloud) -> Iterator[tuple[str, bytes]]:
    """Yield the key and the content of every object of every bucket."""
    s3 = aws_client(cloud, "s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for one in page.get("Contents", []):
                yield one["Key"], s3.get_object(Bucket=bucket["Name"], Key=one["Key"])["Body"].read()


def queued(cloud: RunningCloud) -> Iterator[tuple[str, str]]:
    """Yield the name of a queue, also of a dead-letter queue, and the body of each message that waits in it."""
    sqs = aws_client(cloud, "sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        waiting = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        for message in waiting.get("Messages", []):
            yield url.rpartition("/")[2], message["Body"]


def test_closed_conversation_leaves_no_row_and_no_word(member: Person, cloud: RunningCloud, product: Rows) -> None:
    first = member.say(f"Conte sobre {WORD}", **BEGIN)
    conversation = first["conversation_id"]
    with member.stream(f"Mais sobre {WORD}", conversation_id=conversation) as events:
        assert [name for name, _ in events][-1] == "done"
    member.http.post(f"/chat/messages/{first['question_id']}/edit", json={"message": f"Outro {WORD}"})
    member.http.post(f"/chat/replies/{first['message_id']}/regenerate")
    searched = member.say(f"Como está a inflação, {WORD}?", conversation_id=conversation, buscar=True)
    assert WORD in str(searched["pesquisa"]["consultas"])
    member.say(f"Lembre que eu gosto de {WORD}.", conversation_id=conversation)
    for _ in range(2):  # then a summary would be due
        member.say(f"{WORD} " * 1500, conversation_id=conversation)
    assert traces(cloud, product) == ["mensagens"]
    assert member.http.get("/memory").json()["fatos"] == []
    assert [body for _, body in queued(cloud) if str(conversation) in body] == []
    assert member.http.get("/conversations").json() == []
    assert member.http.get("/conversations", params={"q": WORD}).json() == []
    assert WORD not in member.http.get("/profile/export").text
    assert WORD not in member.http.get("/chat", headers={"accept": "text/html"}).text
    assert member.http.get(f"/chat/{conversation}", headers={"accept": "text/html"}).status_code == 404
    assert member.http.post(f"/conversation/{conversation}/close").status_code == 204
    assert traces(cloud, product) == []
    assert product.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", conversation) == 0
    assert member.http.post(f"/conversation/{conversation}/close").status_code == 404
    assert member.http.get(f"/conversation/{conversation}").status_code == 404


def test_cleanup_deletes_what_no_page_has_closed(member: Person, cloud: RunningCloud, product: Rows) -> None:
    kept = member.say("Comum")["conversation_id"]
    for _ in range(2):
        member.say(f"Conte sobre {WORD}", **BEGIN)
    product.run("UPDATE conversas SET temporaria_em = temporaria_em - INTERVAL 20 HOUR WHERE temporaria")
    (hourly,) = [one for one in read_template(ROOT / "template.yaml").schedules if one.input]
    assert cloud.invoke(hourly.function, json.loads(hourly.input))["temporary_conversations"] >= 2
    assert traces(cloud, product) == []
    assert product.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", kept) == 2


def test_page_that_leaves_early_closes_by_its_question(
    member: Person, people: People, cloud: RunningCloud, product: Rows
) -> None:
    """Before the question arrives, while its reply is generated, and after it."""
    close = {"client_id": "early-0"}
    assert people.stranger().http.post("/conversation/close", json=close).status_code == 401
    assert member.http.post("/conversation/close", json=close).status_code == 204
    late = {"message": f"Conte sobre {WORD}", "client_id": "early-0", **BEGIN}
    assert member.http.post("/chat/message", json=late).status_code == 404
    with member.stream(f"Conte sobre {WORD}", client_id="early-1", **BEGIN) as events:
        assert next(events)[0] == "start"
        assert "mensagens" in traces(cloud, product)
        assert member.http.post("/conversation/close", json={"client_id": "early-1"}).status_code == 204
        assert traces(cloud, product) == []
        assert [name for name, _ in events][-1] == "done"
    member.say(f"Conte sobre {WORD}", client_id="early-2", **BEGIN)
    for _ in range(2):
        assert member.http.post("/conversation/close", json={"client_id": "early-2"}).status_code == 204
    assert traces(cloud, product) == []
    assert member.http.post("/conversation/close", json={"client_id": "a b"}).status_code == 422


def test_operator_gets_a_dead_letter_about_one_that_was_kept_for_a_day(
    member: Person, cloud: RunningCloud, product: Rows
) -> None:
    member.say(f"Conte sobre {WORD}", **BEGIN)
    product.run("UPDATE conversas SET temporaria_em = temporaria_em - INTERVAL 24 HOUR WHERE temporaria")
    cloud.invoke("CleanupFunction", {"only": "temporary_conversations"})
    assert traces(cloud, product) == []
    sqs = aws_client(cloud, "sqs")
    url = sqs.get_queue_url(QueueName="CleanupDeadLetterQueue")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["only"] == "temporary_conversations"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_others_and_strangers_close_nothing(member: Person, people: People) -> None:
    temporary = member.say("Oi", **BEGIN)["conversation_id"]
    common = member.say("Oi", nova=True)["conversation_id"]
    other = people.member()
    answers = [
        other.http.post(f"/conversation/{temporary}/close"),
        other.http.post("/conversation/999999999/close"),
        member.http.post(f"/conversation/{common}/close"),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert people.stranger().http.post(f"/conversation/{temporary}/close").status_code == 401
    assert len(member.http.get(f"/conversation/{temporary}").json()) == 2


def test_beacon_of_a_page_closes_and_one_of_another_site_does_not(member: Person) -> None:
    temporary = member.say("Oi", **BEGIN)["conversation_id"]
    path = f"/conversation/{temporary}/close"
    foreign = {"sec-fetch-site": "cross-site", "content-type": "text/plain;charset=UTF-8"}
    assert member.http.post(path, content=b"", headers=foreign).status_code == 403
    ours = {"sec-fetch-site": "same-origin", "content-type": "text/plain;charset=UTF-8"}
    assert member.http.post(path, content=b"", headers=ours).status_code == 204


def test_question_of_an_existing_conversation_cannot_be_temporary(member: Person) -> None:
    for where in ({}, {"conversation_id": 5}):
        answer = member.http.post("/chat/message", json={"message": "Oi", "temporaria": True, **where})
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "temporaria")


def test_killed_replies_leave_nothing_after_the_close(member: Person, cloud: RunningCloud, product: Rows) -> None:
    admin = f"{cloud.addresses['gemini']}/admin/pace"
    text = " ".join([WORD] * 60)
    httpx.put(admin, json={"delay": 0.1, "pieces": 60, "text": text}).raise_for_status()
    try:
        for moment in (1, 4, 12):
            conversation = kill_reply_after(member, cloud, moment)
            assert "mensagens" in traces(cloud, product)
            assert member.http.post(f"/conversation/{conversation}/close").status_code == 204
            assert traces(cloud, product) == []
    finally:
        httpx.put(admin, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()


def test_killed_replies_leave_nothing_after_an_early_close(
    member: Person, cloud: RunningCloud, product: Rows
) -> None:
    """The function dies around the start of a reply, and the page knows the key of its question only."""
    admin = f"{cloud.addresses['gemini']}/admin/pace"
    httpx.put(admin, json={"delay": 0.1, "pieces": 60, "text": " ".join([WORD] * 60)}).raise_for_status()
    try:
        for moment in (1, 2):
            kill_reply_after(member, cloud, moment, "killed")
            closing = member.http.post("/conversation/close", json={"client_id": f"killed-{moment}"})
            assert closing.status_code == 204
            assert traces(cloud, product) == []
    finally:
        httpx.put(admin, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()


def test_killed_close_deletes_all_or_nothing(member: Person, cloud: RunningCloud, product: Rows) -> None:
    """The chat function dies while it closes; the browser does not send again, but the cleanup runs."""
    for number in range(3):
        key = f"killed-close-{number}"
        conversation = member.say(f"Conte sobre {WORD}", client_id=key, **BEGIN)["conversation_id"]
        pids = wait_until(lambda: cloud.function_processes("ChatFunction"), "a process")
        with ThreadPoolExecutor(1) as pool:
            closing = pool.submit(member.http.post, "/conversation/close", json={"client_id": key})
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(httpx.HTTPError):
                closing.result()
        left = product.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", conversation)
        assert left == 2 * product.value("SELECT COUNT(*) FROM conversas WHERE id = %s", conversation)
        product.run("UPDATE conversas SET temporaria_em = temporaria_em - INTERVAL 20 HOUR WHERE temporaria")
        cloud.invoke("CleanupFunction", {"only": "temporary_conversations"})
        assert traces(cloud, product) == []


def kill_reply_after(member: Person, cloud: RunningCloud, moment: int, name: str = "temporaria") -> int:
    """Kill the function after so many events of a reply. Returns the conversation."""
    pids = wait_until(lambda: cloud.function_processes("ChatStreamFunction"), "a process")
    conversation = 0
    with (
        contextlib.suppress(httpx.HTTPError),
        member.stream(f"Conte sobre {WORD}", client_id=f"{name}-{moment}", **BEGIN) as events,
    ):
        for seen, (name, data) in enumerate(events, 1):
            if name == "start":
                conversation = int(data["conversation_id"])
            if seen == moment:
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    assert conversation
    return conversation
