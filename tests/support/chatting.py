"""People who chat at their own pace while something else goes on, and the latency of their answers."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.support.people import Person
from tests.support.seeds import SEED

# Messages in a conversation. A longer one takes longer, so all latencies are measured in short ones.
TURNS = 10


def latencies(everybody: list[Person], ended: Event, seconds: float | None = None) -> list[float]:
    """Return the seconds of each answer to all of them, until `ended` is set or for `seconds`."""
    with ThreadPoolExecutor(len(everybody)) as pool:
        chats = [pool.submit(_chat, person, ended) for person in everybody]
        if seconds is not None:
            time.sleep(seconds)
            ended.set()
        return [one for chat in chats for one in chat.result()]


def _chat(person: Person, ended: Event) -> list[float]:
    """Return the seconds of each answer, at least two, to a person who reads and types in between."""
    took: list[float] = []
    chance = random.Random(f"{SEED} {person.email}")
    while not ended.wait(chance.uniform(0.3, 0.9)) or len(took) < 2:
        if len(took) % TURNS == 0:
            person.http.post("/reset_chat")
        began = time.monotonic()
        person.say("Uma pergunta")
        took.append(time.monotonic() - began)
    return took
