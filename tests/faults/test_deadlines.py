"""Any one dependency that stalls, drips or goes away ends in a clear answer inside its deadline, and heals."""

from collections.abc import Callable

import httpx
import pytest

from falaai import settings
from falaai.connections import CONNECT_SECONDS, KILL_SECONDS, connect
from falaai.database import Database
from falaai.errors import DatabaseUnavailable
from tests.support.fault_proxy import FaultProxy
from tests.support.faulty_cloud import SETTINGS, FaultyCloud
from tests.support.people import People, Person, product_of
from tests.support.waiting import IS_WHOLE, at_most, wait_until

# `make test` takes the quick ones; `make test-faults` takes every pair and measures.
GATEWAY_SECONDS = 29.0
STREAM_SECONDS = float(SETTINGS["STREAM_SECONDS"])
DOWN_SECONDS = 3.0

FAULTS: dict[str, Callable[[FaultProxy], None]] = {
    "stall": FaultProxy.stalling,
    "drip": FaultProxy.dripping,
    "cut": lambda proxy: proxy.cutting(30),
    "gone": FaultProxy.dropping,
}


def check_clear(answer: httpx.Response, *codes: str) -> None:
    body = answer.json()
    assert body["code"] in codes, body
    assert body["detail"].endswith((".", "!"))
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("fault", ["stall", "drip", "cut", "gone"])
def test_statement_has_an_end_whatever_the_server_does(
    where: settings.DatabaseSettings, proxy: FaultProxy, fault: str
) -> None:
    """One statement on an open connection, limited to a second; a connection that ends it at the server; and
    a new connection. The limits hold while the fault lasts: without a fault, a busy machine may be slower.
    """
    there = where.model_copy(update={"db_host": proxy.address[0], "db_port": proxy.address[1]})
    connections = iter([connect(there, statement_seconds=1.0)])
    database = Database(lambda: next(connections, None) or connect(there))
    FAULTS[fault](proxy)
    with (
        at_most(1.0 + KILL_SECONDS + CONNECT_SECONDS + 0.5, f"statement, {fault}"),
        pytest.raises(DatabaseUnavailable),
    ):
        database.list("SELECT REPEAT('x', 1000) AS x")
    proxy.passing()
    assert database.count("SELECT 1") == 1


@pytest.fixture
def ana(faulty_people: People, faulty: FaultyCloud) -> Person:
    person = faulty_people.member()
    person.say("Aquecendo")
    return person


def test_database_gone_is_503_at_once_and_healed_at_the_first_request(faulty: FaultyCloud, ana: Person) -> None:
    faulty.database.dropping()
    for path in ("/health?deep=1", "/conversations"):
        with at_most(DOWN_SECONDS, f"{path} without a database"):
            answer = ana.http.get(path)
        assert answer.status_code == 503
        check_clear(answer, "database_unavailable", "unavailable")
    with at_most(DOWN_SECONDS, "message without a database"):
        sent = ana.http.post("/chat/message", json={"message": "Perdida?"})
    assert sent.status_code == 503
    faulty.database.passing()
    assert ana.http.get("/health?deep=1").status_code == 200
    assert ana.say("E agora?")["response"]


@pytest.mark.parametrize("fault", FAULTS if IS_WHOLE else ["gone"])
def test_email_is_sent_when_sendgrid_is_back(faulty: FaultyCloud, faulty_people: People, fault: str) -> None:
    """Before the tests that cut SQS off: what a poll takes whose reader is gone comes back only minutes later."""
    stranger, before = faulty_people.stranger(), faulty.sendgrid.connections
    FAULTS[fault](faulty.sendgrid)
    assert stranger.register().status_code == 201
    wait_until(lambda: faulty.sendgrid.connections > before, "a first try")
    faulty.restore()
    emails = wait_until(lambda: faulty.inbox_of.emails_to(stranger.email), "the email")
    assert "verify_link" in emails[0]["text"]


@pytest.mark.parametrize("fault", FAULTS if IS_WHOLE else ["gone"])
def test_queue_that_fails_rolls_the_registration_back(faulty: FaultyCloud, faulty_people: People, fault: str) -> None:
    stranger = faulty_people.stranger()
    FAULTS[fault](faulty.aws)
    with at_most(8, f"registration, queue {fault}"):
        answer = stranger.register()
    faulty.aws.passing()
    kept = product_of(faulty.cloud).list("SELECT id FROM usuarios WHERE email = %s", stranger.email)
    assert bool(kept) == (answer.status_code == 201)
    if fault != "cut":  # its first line, "200 OK", may come through: then SQS has the message
        assert answer.status_code == 503
        check_clear(answer, "queue_unavailable")
    # After a failure the person may try at once; after a success the pause between two emails holds.
    assert stranger.register().status_code == (429 if answer.status_code == 201 else 201)


PAIRS = [(dependency, fault) for dependency in ("database", "gemini", "aws") for fault in FAULTS]


@pytest.mark.parametrize(("dependency", "fault"), PAIRS if IS_WHOLE else [("gemini", "cut"), ("aws", "gone")])
def test_chat_ends_in_time(faulty: FaultyCloud, ana: Person, dependency: str, fault: str) -> None:
    FAULTS[fault](getattr(faulty, dependency))
    with at_most(GATEWAY_SECONDS - 1, f"message, {dependency} {fault}"):
        answer = ana.http.post("/chat/message", json={"message": "Demora?"})
    faulty.restore()
    print(f"{answer.status_code} {answer.json().get('code', '')}")
    if dependency == "aws":  # a title is asked for at the next message
        assert answer.status_code == 200
    else:
        assert answer.status_code in (502, 503, 504)
        check_clear(
            answer, "database_unavailable", "unavailable", "model_timed_out", "model_interrupted", "model_unavailable"
        )
    ana.http.post("/reset_chat")
    assert ana.say("E agora?")["response"]


@pytest.mark.skipif(not IS_WHOLE, reason="waits for the deadline of streams: make test-faults")
@pytest.mark.parametrize(("dependency", "fault"), [("database", "stall"), ("gemini", "drip")])
def test_stream_ends_in_time(faulty: FaultyCloud, ana: Person, dependency: str, fault: str) -> None:
    """Broken when its first words have come."""
    with (
        at_most(STREAM_SECONDS + 5, f"stream, {dependency} {fault}"),
        ana.stream("Conte uma história longa") as events,
    ):
        name, _ = next(events)
        FAULTS[fault](getattr(faulty, dependency))
        *_, (last, end) = [(name, {}), *events]
    print(f"{last} {end.get('code', '')}")
    faulty.restore()
    assert last in ("done", "error")
