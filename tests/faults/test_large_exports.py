"""100,000 messages: exported in flat memory and deleted whole, within the limits of the functions.

`make test` takes a sample; `make test-faults` takes the whole.
"""

import io
import json
import os
import signal
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from devcloud.template import read_template
from falaai.connections import connect
from falaai.export_files import key_of
from falaai.settings import DatabaseSettings
from tests.support.histories import add_conversations, add_history
from tests.support.lambda_process import LambdaProcess, queue_event
from tests.support.paths import ROOT
from tests.support.people import PASSWORD, People, Person, product_of
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import at_most, wait_until

MESSAGES = int(os.environ.get("MESSAGES", "4000"))
SHORT = MESSAGES // 10  # conversations of one exchange; the other messages are in four long ones
FUNCTION = read_template(ROOT / "template.yaml").functions["ExportFunction"]
REQUEST_SECONDS = 28  # timeout of AuthFunction
MOST_GROWTH_MEGABYTES = 64


# Texts that do not compress to nothing.
VARIED = (
    "UPDATE mensagens m JOIN conversas c ON c.id = m.id_conversa"
    " SET m.conteudo = CONCAT(m.conteudo, SHA2(m.id, 512), SHA2(m.id + 1, 512), SHA2(m.id + 2, 512))"
    " WHERE c.id_usuario = %s"
)


class Author:
    """A person with very many messages: four long conversations, and many short ones."""

    def __init__(self, cloud: RunningCloud, person: Person, messages: int = MESSAGES) -> None:
        self.person, self.product = person, product_of(cloud)
        self.id = self.product.value("SELECT id FROM usuarios WHERE email = %s", person.email)
        for _ in range(4 if messages else 0):
            add_history(self.product, self.id, messages // 5)
        add_conversations(self.product, self.id, messages // 10)
        there = {f"db_{name}": value for name, value in cloud.addresses["database"].items() if name != "socket"}
        with connect(DatabaseSettings(**there), statement_seconds=600) as connection:
            connection.cursor().execute(VARIED, (self.id,))

    def requested(self) -> dict[str, Any]:
        """Add a request whose message this test delivers by itself. Returns the event."""
        export_id = self.product.insert(
            "INSERT INTO exportacoes (id_usuario, criada_em, expira_em)"
            " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)",
            self.id,
        )
        return queue_event(export_id=export_id, user_id=self.id)

    def left(self) -> list[int]:
        """Return the rows that are left: account, conversations, messages."""
        return [
            self.product.value("SELECT COUNT(*) FROM usuarios WHERE id = %s", self.id),
            self.product.value("SELECT COUNT(*) FROM conversas WHERE id_usuario = %s", self.id),
            self.product.value(
                "SELECT COUNT(*) FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE c.id_usuario = %s",
                self.id,
            ),
        ]


@pytest.fixture
def author(cloud: RunningCloud, people: People) -> Author:
    return Author(cloud, people.member())


@pytest.fixture
def like(cloud: RunningCloud, people: People) -> int:
    """A running process of the function, whose code and environment the measured one gets."""
    people.member().http.post("/profile/exports").raise_for_status()
    return int(wait_until(lambda: cloud.function_processes("ExportFunction"), "the worker runs")[0])


@pytest.fixture
def worker(like: int) -> Iterator[LambdaProcess]:
    process = LambdaProcess(like, timeout=FUNCTION.timeout)
    yield process
    process.stop()


def bucket_of(cloud: RunningCloud) -> tuple[Any, str]:
    s3 = aws_client(cloud, "s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return s3, bucket


def id_in(event: dict[str, Any]) -> int:
    return int(json.loads(event["Records"][0]["body"])["export_id"])


def test_large_history_is_exported_in_flat_memory(
    cloud: RunningCloud, author: Author, people: People, worker: LambdaProcess
) -> None:
    worker.invoke(Author(cloud, people.member(), 0).requested())
    before = worker.memory()["peak"]
    event = author.requested()
    seconds, answer = worker.invoke(event)
    growth = worker.memory()["peak"] - before
    assert answer == {"batchItemFailures": []}
    s3, bucket = bucket_of(cloud)
    body = s3.get_object(Bucket=bucket, Key=key_of(id_in(event)))["Body"].read()
    print(
        f"{MESSAGES} messages: {seconds:.1f} s, {len(body) / 1e6:.1f} MB, peak +{growth:.0f} MB over {before:.0f} MB"
    )
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    told = json.loads(archive.read("falaai.json"))
    assert len(told["mensagens"]) == MESSAGES
    assert len(told["conversas"]) == SHORT + 4
    assert len(archive.namelist()) == SHORT + 4 + 1
    assert growth <= MOST_GROWTH_MEGABYTES
    assert before + growth <= FUNCTION.memory
    assert seconds <= FUNCTION.timeout


def test_worker_killed_in_the_middle_of_its_upload_is_repeated(
    cloud: RunningCloud, author: Author, like: int
) -> None:
    s3, bucket = bucket_of(cloud)

    def uploads() -> list[str]:
        found = s3.list_multipart_uploads(Bucket=bucket, Prefix=key_of(id_in(event))).get("Uploads", [])
        return [one["Key"] for one in found]

    def written() -> bool:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=key_of(id_in(event))).get("Contents", [])
        return bool(found)

    event = author.requested()
    while not uploads():  # a try that was over before it was killed is made again
        event = author.requested()
        mortal = LambdaProcess(like, timeout=FUNCTION.timeout)
        mortal.start(event)
        wait_until(lambda: uploads() or written(), "the upload has begun")
        os.kill(mortal.pid, signal.SIGKILL)
        mortal.stop()
    assert not written()
    second = LambdaProcess(like, timeout=FUNCTION.timeout)
    try:
        assert second.invoke(event)[1] == {"batchItemFailures": []}
    finally:
        second.stop()
    assert uploads() == []
    body = s3.get_object(Bucket=bucket, Key=key_of(id_in(event)))["Body"].read()
    told = json.loads(zipfile.ZipFile(io.BytesIO(body)).read("falaai.json"))
    assert len(told["mensagens"]) == MESSAGES
    assert author.product.value("SELECT tentativas FROM exportacoes WHERE id = %s", id_in(event)) == 2


def test_account_with_a_large_history_is_deleted_whole(cloud: RunningCloud, author: Author) -> None:
    with at_most(REQUEST_SECONDS, f"deletion of an account with {MESSAGES} messages"):
        gone = author.person.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD})
    assert gone.status_code == 200
    assert author.person.login().status_code == 401
    print(f"left to the cleanup: {author.left()}")
    cloud.invoke("CleanupFunction", {})
    wait_until(lambda: author.left() == [0, 0, 0], "the cleanup has deleted the rest")
