"""Replies piece by piece over HTTP, through run.sh behind devcloud's part of the Lambda Web Adapter.

`scripts/test_adapter.sh` runs these tests behind the real one.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS, at_most, wait_until

LONG = " ".join(f"palavra{number}" for number in range(60))


@pytest.fixture
def slow_gemini(cloud: RunningCloud) -> Iterator[str]:
    """A reply of 20 pieces, one every 0.15 s."""
    gemini = str(cloud.addresses["gemini"])
    httpx.put(f"{gemini}/admin/pace", json={"delay": 0.15, "pieces": 20, "text": LONG}).raise_for_status()
    yield gemini
    httpx.put(f"{gemini}/admin/pace", json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()


@pytest.fixture
def silent_gemini(slow_gemini: str) -> Iterator[str]:
    """The next reply says six pieces and then nothing more, for ever."""
    silence = {"fault": "timeout", "after_pieces": 6, "times": 1}
    httpx.put(f"{slow_gemini}/admin/faults", json=silence).raise_for_status()
    yield slow_gemini
    httpx.put(f"{slow_gemini}/admin/faults", json={"fault": None}).raise_for_status()


@pytest.fixture
def paused_gemini(slow_gemini: str) -> Iterator[Callable[..., None]]:
    """Function that makes the next `times` replies stop after two pieces, or with `times=0` lets them go on.

    A reply that only takes long could end too early on a busy machine.
    """

    def pause(times: int) -> None:
        fault = {"fault": "pause", "after_pieces": 2, "times": times} if times else {"fault": None}
        httpx.put(f"{slow_gemini}/admin/faults", json=fault).raise_for_status()

    yield pause
    pause(times=0)


def reply_of(person: Person, message_id: int, **query: int) -> dict[str, Any]:
    answer = person.http.get(f"/chat/replies/{message_id}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def busy_servers(cloud: RunningCloud) -> list[int]:
    functions = httpx.get(f"{cloud.lambda_api}/functions.json").json()
    (processes,) = (one["processes"] for one in functions if one["name"] == "ChatStreamFunction")
    return [one["pid"] for one in processes if one["state"] == "busy"]


def ended(person: Person, message_id: int) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        reply = reply_of(person, message_id)
        return None if reply["estado"] == "gerando" else reply

    return dict(wait_until(look, "the reply's end"))


def test_pieces_blocks_and_end_agree_with_what_is_stored(member: Person) -> None:
    with member.stream("Mostre uma lista, uma tabela e um código em Python 🧀") as events:
        (first, start), *rest = events
    assert first == "start"
    assert [name for name, _ in rest].count("delta") > 3
    last, done = rest[-1]
    assert (last, done["estado"]) == ("done", "completa")
    assert done["usage"]["tokens_out"] > 0
    text = "".join(data["text"] for name, data in rest if name == "delta")
    stored = member.http.get(f"/conversation/{start['conversation_id']}").json()
    assert [message["id"] for message in stored] == [start["question_id"], start["message_id"]]
    assert (stored[1]["conteudo"], stored[1]["html"]) == (text, done["html"])
    blocks = [data for name, data in rest if name == "block"]
    assert len(blocks) >= 3
    assert done["html"].startswith("".join(block["html"] for block in blocks))
    assert [block["until"] for block in blocks] == sorted(block["until"] for block in blocks)
    assert blocks[-1]["until"] < len(text)


def test_pieces_come_before_the_reply_has_ended(member: Person, silent_gemini: str) -> None:
    with member.stream("Devagar") as events:
        _, start = next(events)
        pieces = [next(events) for _ in range(3)]
        assert [name for name, _ in pieces] == ["delta"] * 3
        member.http.post(f"/chat/replies/{start['message_id']}/stop").raise_for_status()
        list(events)


def test_reader_who_leaves_at_the_third_piece_finds_the_whole_reply(member: Person, slow_gemini: str) -> None:
    with member.stream("Vou embora") as events:
        _, start = next(events)
        for _ in range(3):
            next(events)
    reply = ended(member, start["message_id"])
    assert (reply["estado"], reply["conteudo"]) == ("completa", LONG)
    stored = member.http.get(f"/conversation/{start['conversation_id']}").json()
    assert [message["conteudo"] for message in stored] == ["Vou embora", LONG]


def test_reply_is_finished_if_its_server_is_told_to_end(
    member: Person, cloud: RunningCloud, slow_gemini: str
) -> None:
    with member.stream("Termine antes de sair") as events:
        _, start = next(events)
        next(events)
        (server,) = busy_servers(cloud)
        os.kill(server, signal.SIGTERM)
        *_, (last, done) = events
    assert (last, done["estado"]) == ("done", "completa")
    assert reply_of(member, start["message_id"])["conteudo"] == LONG
    wait_until(lambda: server not in cloud.function_processes("ChatStreamFunction"), "the end of the server")
    with member.stream("E agora?") as events:
        *_, (last, _) = events
    assert last == "done"


def test_stop_in_another_session_ends_it(member: Person, people: People, silent_gemini: str) -> None:
    elsewhere = people.stranger(member.email)
    assert elsewhere.login().status_code == 200
    with member.stream("Pare no meio") as events:
        _, start = next(events)
        for _ in range(5):
            next(events)
        assert elsewhere.http.post(f"/chat/replies/{start['message_id']}/stop").json() == {"estado": "interrompida"}
        with at_most(2, "the end of a stopped reply"):
            *_, (last, done) = events
    assert (last, done["estado"]) == ("done", "interrompida")
    reply = reply_of(member, start["message_id"])
    assert reply["estado"] == "interrompida"
    assert LONG.startswith(reply["conteudo"])
    assert len(reply["conteudo"].split()) >= 5
    again = member.http.post(f"/chat/replies/{start['message_id']}/stop").json()
    assert again == {"estado": "interrompida"}


def test_stop_reaches_a_reply_that_has_not_said_a_word(member: Person, slow_gemini: str) -> None:
    httpx.put(f"{slow_gemini}/admin/faults", json={"fault": "timeout", "times": 1}).raise_for_status()
    try:
        with member.stream("Silêncio") as events:
            _, start = next(events)
            member_stop = member.http.post(f"/chat/replies/{start['message_id']}/stop")
            assert member_stop.json() == {"estado": "interrompida"}
            with at_most(2, "the end of a reply stopped before its first word"):
                *_, (_, done) = events
            assert done["estado"] == "interrompida"
    finally:
        httpx.put(f"{slow_gemini}/admin/faults", json={"fault": None}).raise_for_status()


def test_other_tab_follows_the_reply_to_its_end(member: Person, slow_gemini: str) -> None:
    with ThreadPoolExecutor(1) as other_tab, member.stream("Siga-me") as events:
        _, start = next(events)

        def poll_reply() -> str:
            text, after = "", 0
            while True:
                reply = reply_of(member, start["message_id"], after=after)
                text, after = text + reply["conteudo"], reply["next"]
                if reply["estado"] != "gerando":
                    return text
                time.sleep(0.2)

        followed = other_tab.submit(poll_reply)
        for _ in events:
            pass
        assert followed.result(timeout=HANG_SECONDS) == LONG


def test_same_client_id_in_two_streams_is_one_reply(member: Person, slow_gemini: str) -> None:
    httpx.delete(f"{slow_gemini}/admin/requests").raise_for_status()

    def whole(_: int) -> tuple[int, str, str]:
        with member.stream("Uma vez só", client_id="duas-abas") as events:
            (_, start), *rest = events
        return (
            start["message_id"],
            "".join(data["text"] for name, data in rest if name == "delta"),
            rest[-1][1]["estado"],
        )

    with ThreadPoolExecutor(3) as pool:
        replies = set(pool.map(whole, range(3)))
    assert len(replies) == 1
    assert next(iter(replies))[1:] == (LONG, "completa")
    asked = [one for one in httpx.get(f"{slow_gemini}/admin/requests").json() if "Uma vez só" in str(one["body"])]
    assert len([one for one in asked if "título" not in str(one["body"].get("systemInstruction"))]) == 1


def test_third_follower_is_told_to_poll_and_may_follow_when_another_has_left(
    member: Person, paused_gemini: Callable[..., None], product: Rows
) -> None:
    paused_gemini(times=1)
    repeated = {"message": "Uma vez só", "client_id": "muitas-abas"}
    with member.stream(**repeated) as first, member.stream(**repeated) as second, member.stream(**repeated) as third:
        _, start = next(first)
        next(second)
        next(third)
        for path in ("/chat/stream", "/chat/message"):
            refused = member.http.post(path, json=repeated)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_followers")
            assert refused.json()["message_id"] == start["message_id"]
            assert refused.headers["retry-after"] == "5"
        assert reply_of(member, start["message_id"])["estado"] == "gerando"
        paused_gemini(times=0)
        for events in (first, second, third):
            *_, (last, done) = events
            assert (last, done["estado"]) == ("done", "completa")
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    assert product.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", user) == 1
    with member.stream("De novo", client_id="outra") as first, member.stream("De novo", client_id="outra") as second:
        assert [next(events)[0] for events in (first, second)] == ["start", "start"]
        list(first)
        list(second)


def test_fourth_reply_at_once_is_refused_and_stores_nothing(
    member: Person, paused_gemini: Callable[..., None], product: Rows
) -> None:
    paused_gemini(times=3)
    with ExitStack() as open_streams:
        running = [open_streams.enter_context(member.stream(f"Pergunta {n}", nova=True)) for n in range(3)]
        for events in running:
            next(events)
        refused = member.http.post("/chat/message", json={"message": "Mais uma", "nova": True})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_replies")
        assert "3 respostas" in refused.json()["detail"]
        assert product.value("SELECT COUNT(*) FROM mensagens WHERE conteudo = 'Mais uma'") == 0
        paused_gemini(times=0)
        for events in running:
            list(events)
    assert member.say("Mais uma", nova=True)["estado"] == "completa"


def test_regenerate_and_edit_can_be_streamed(member: Person) -> None:
    first = member.say("Primeira pergunta")
    with member.stream(regenerate=first["message_id"]) as events:
        *_, (_, done) = events
    assert done["estado"] == "completa"
    question = member.http.get(f"/conversation/{first['conversation_id']}").json()[0]
    with member.stream("Pergunta corrigida", edit=question["id"]) as events:
        *_, (_, done) = events
    stored = member.http.get(f"/conversation/{first['conversation_id']}").json()
    assert [message["seq"] for message in stored] == [1, 2]
    assert stored[0]["conteudo"] == "Pergunta corrigida"
    assert stored[1]["html"] == done["html"]


def test_what_refuses_a_stream_is_an_ordinary_answer(member: Person, cloud: RunningCloud) -> None:
    for body, status in [({}, 422), ({"message": " "}, 422), ({"message": "x", "conversation_id": 2**31 - 1}, 404)]:
        assert member.http.post("/chat/stream", json=body).status_code == status
    stranger = httpx.post(f"{cloud.gateway}/chat/stream", json={"message": "x"}, headers={"origin": cloud.gateway})
    assert stranger.status_code == 401


def test_reply_of_another_user_cannot_be_followed_stopped_or_changed(member: Person, people: People) -> None:
    theirs = people.member().say("Segredo")["message_id"]
    for method, path in [
        ("GET", "/chat/replies/{}"),
        ("POST", "/chat/replies/{}/stop"),
        ("POST", "/chat/replies/{}/regenerate"),
        ("POST", "/chat/messages/{}/edit"),
        ("POST", "/chat/messages/{}/version"),
    ]:
        answers = [
            member.http.request(method, path.format(one), json={"message": "x"} if method == "POST" else None)
            for one in (theirs, 2_000_000_000)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
