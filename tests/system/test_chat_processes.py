"""Processes of the functions end, or work at once, and the conversation goes on."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.people import People, Person
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until


def test_other_process_answers_with_what_the_first_one_heard(member: Person, cloud: RunningCloud) -> None:
    member.http.patch("/memory", json={"pausada": True})  # the name must come from the conversation
    assert "Recebi 1 mensagem" in member.say("Meu nome é Anabela.")["response"]
    first = cloud.function_processes("ChatFunction")
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(cloud.function_processes("ChatFunction")) & set(first), "the processes to end")
    second = member.say("Qual é o meu nome?")["response"]
    assert "Recebi 3 mensagens" in second
    assert "Anabela" in second
    assert cloud.function_processes("ChatFunction")


@pytest.mark.parametrize("name", ["AuthFunction", "ChatFunction", "TitlesFunction", "EmailFunction"])
def test_killing_a_function_leaves_the_system_serving(
    member: Person, people: People, cloud: RunningCloud, name: str
) -> None:
    # A request that waits for the start of a process fails with it, so no process may be starting.
    wait_until(lambda: set(cloud.process_states(name)) == {"idle"}, "the processes that earlier tests replaced")
    for pid in cloud.function_processes(name):
        os.kill(pid, signal.SIGKILL)
    conversation = member.say("Ainda está aí?")["conversation_id"]
    assert member.http.get("/profile").status_code == 200
    wait_until(lambda: member.http.get("/conversations").json()[0]["titulo_conversa"] != "Ainda está aí?", "a title")
    assert member.http.get("/conversations").json()[0]["id"] == conversation
    newcomer = people.stranger()  # registration and its email work too
    assert newcomer.register().status_code == 201
    assert newcomer.confirm().status_code == 303


def test_twenty_at_once_each_get_their_answer(member: Person) -> None:
    """Three of them at a time; a refused one is stored only when it is sent again and taken."""
    member.say("Início")

    def answered(number: int) -> dict[str, Any] | None:
        answer = member.http.post("/chat/message", json={"message": f"Pergunta {number}"})
        if answer.status_code == 429:
            assert answer.json()["code"] == "too_many_replies"
            return None
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: wait_until(lambda: answered(number), "a free place"), range(20)))
    conversation = replies[0]["conversation_id"]
    stored = member.http.get(f"/conversation/{conversation}", params={"limit": 100}).json()
    assert [message["seq"] for message in stored] == list(range(1, 43))
    for question, reply in zip(stored[::2], stored[1::2], strict=True):
        assert question["conteudo"] in reply["conteudo"]


def test_cleanup_runs_as_the_schedule_calls_it(cloud: RunningCloud) -> None:
    deleted = cloud.invoke("CleanupFunction", {"source": "aws.scheduler"})
    assert set(deleted) >= {"conversations", "messages", "sessions", "tokens", "counters"}
