"""Every failure of Gemini in every transport: its own code, no blank reply, the question kept.

The faults `timeout` and `drip` never end by themselves, and API Gateway's own time limit answers without a code of
ours: their codes are there only because the product's deadline passed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from falaai.web import texts
from tests.support.people import People, Person
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import at_most

# Long enough for two tries on a busy machine: LangChain waits one to two seconds between them.
MESSAGE_SECONDS, STREAM_SECONDS = 6.0, 6.0
FAULTS = {
    "429": (503, "model_rate_limited"),
    "500": (503, "model_unavailable"),
    "503": (503, "model_unavailable"),
    "timeout": (504, "model_timed_out"),
    "drip": (504, "model_timed_out"),
    "cut": (502, "model_interrupted"),
    "malformed": (502, "model_malformed"),
    "blocked": (422, "model_blocked"),
    "safety": (422, "model_blocked"),
    "max_tokens": (502, "model_cut_short"),
    "empty": (502, "model_silent"),
    "404": (503, "model_not_configured"),
}


@pytest.fixture(scope="module")
def impatient(module_tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud whose deadlines can be waited for, and whose processes are warm."""
    env = module_tmp_path / "env"
    env.write_text(f"MESSAGE_SECONDS={MESSAGE_SECONDS}\nSTREAM_SECONDS={STREAM_SECONDS}\n")
    cloud = start_cloud(module_tmp_path, env_file=env)
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture(scope="module")
def ana(impatient: RunningCloud) -> Iterator[Person]:
    people = People(impatient)
    member = people.member()
    # LangChain is imported at the first answer; `make test-faults` times the later ones.
    httpx.put(f"{impatient.addresses['gemini']}/admin/pace", json={"delay": 0.0}).raise_for_status()
    for _ in range(3):
        member.http.post("/chat/message", json={"message": "Aquecendo"})
        with member.stream("Aquecendo") as events:
            list(events)
    yield member
    people.close()


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, impatient: RunningCloud, ana: Person) -> Iterator[str]:
    ana.http.post("/reset_chat")
    admin = f"{impatient.addresses['gemini']}/admin/faults"
    httpx.put(admin, json={"fault": request.param, "delay": 0.3}).raise_for_status()
    yield request.param
    httpx.put(admin, json={"fault": None}).raise_for_status()


def stored(person: Person, conversation_id: int) -> list[dict[str, Any]]:
    return list(person.http.get(f"/conversation/{conversation_id}").json())


def check_row(person: Person, conversation_id: int, code: str) -> None:
    question, reply = stored(person, conversation_id)
    assert (question["conteudo"], reply["estado"], reply["erro"]) == ("Vai falhar?", "erro", code)


def sentence(code: str, text: str) -> str:
    """The sentence of a failure. One without a word does not count, unless the model refused the question."""
    is_counted = text or code in ("model_blocked", "model_cut_short")
    return texts.ERRORS[code] if is_counted else f"{texts.ERRORS[code]} {texts.NOT_COUNTED}"


def test_whole_reply(ana: Person, fault: str) -> None:
    status, code = FAULTS[fault]
    with at_most(MESSAGE_SECONDS + 1, f"whole reply, {fault}"):
        answer = ana.http.post("/chat/message", json={"message": "Vai falhar?"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["detail"]) == (status, code, sentence(code, body["response"]))
    check_row(ana, body["conversation_id"], code)


def test_stream_and_following(ana: Person, fault: str, impatient: RunningCloud) -> None:
    _, code = FAULTS[fault]
    with (
        at_most(STREAM_SECONDS + 1, f"stream, {fault}"),
        ana.stream("Vai falhar?", client_id=f"falha-{fault}") as events,
    ):
        (_, start), *pieces, (last, end) = events
    text = "".join(data["text"] for name, data in pieces if name == "delta")
    assert (last, end["code"], end["detail"]) == ("error", code, sentence(code, text))
    followed = ana.http.get(f"/chat/replies/{start['message_id']}").json()
    assert (followed["estado"], followed["erro"]) == ("erro", code)
    check_row(ana, start["conversation_id"], code)

    if fault == "404":  # these processes skip the models until they end
        return
    httpx.put(f"{impatient.addresses['gemini']}/admin/faults", json={"fault": None}).raise_for_status()
    with ana.stream("Vai falhar?", client_id=f"falha-{fault}") as events:
        *_, (last, end) = events
    assert (last, end.get("estado")) == ("done", "completa")
    _, reply = stored(ana, start["conversation_id"])
    assert reply["conteudo"]
