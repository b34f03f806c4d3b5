"""A model that refuses a parameter of ours: people get their reply, and the parameter is not sent again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.people import People, Person
from tests.support.running_cloud import RunningCloud, start_cloud


@pytest.fixture(scope="module")
def refusing(module_tmp_path: Path) -> Iterator[RunningCloud]:
    """Has a model that answers 400 to the level of thinking, as a real one may after a change at Google's."""
    env = module_tmp_path / "env"
    env.write_text("GEMINI_MODEL=gemini-3.8-flash\n")
    cloud = start_cloud(module_tmp_path, env_file=env)
    httpx.put(
        f"{cloud.addresses['gemini']}/admin/refused", json={"parameters": ["thinkingConfig"]}
    ).raise_for_status()
    yield cloud
    assert cloud.stop() == 0
    log = cloud.log.read_text()
    assert log.count("model refused a parameter") >= 2, "each of the two functions says it"


@pytest.fixture(scope="module")
def ana(refusing: RunningCloud) -> Iterator[Person]:
    people = People(refusing)
    yield people.member()
    people.close()


def sent_for(cloud: RunningCloud, question: str) -> list[dict[str, Any]]:
    """Return the parameters for thinking of each request for the reply to this question."""
    requests = httpx.get(f"{cloud.addresses['gemini']}/admin/requests").json()
    asked = [one["body"] for one in requests if one["body"]["contents"][-1]["parts"][0]["text"] == question]
    return [body["generationConfig"].get("thinkingConfig", {}) for body in asked]


def test_whole_reply(refusing: RunningCloud, ana: Person) -> None:
    assert "demonstração" in ana.say("Primeira inteira?")["response"]
    assert "demonstração" in ana.say("Segunda inteira?")["response"]
    first = sent_for(refusing, "Primeira inteira?")
    assert [bool(thinking) for thinking in first] == [True, False]
    assert sent_for(refusing, "Segunda inteira?") == [{}]


def test_stream(refusing: RunningCloud, ana: Person) -> None:
    for question in ("Primeira em partes?", "Segunda em partes?"):
        with ana.stream(question) as events:
            *_, (last, end) = events
        assert (last, end.get("estado")) == ("done", "completa")
    assert [bool(thinking) for thinking in sent_for(refusing, "Primeira em partes?")] == [True, False]
    assert sent_for(refusing, "Segunda em partes?") == [{}]
