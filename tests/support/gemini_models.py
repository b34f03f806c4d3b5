"""Gemini's models on the fake, and the requests that they sent."""

from typing import Any, Protocol

import httpx
import pytest

from falaai.conversation_memory import Turn
from falaai.gemini.models import GeminiModels
from falaai.language_model import Prompt
from tests.support.services import FakeService

PROMPT = Prompt("Você é um teste.", (Turn(1, "usuario", "Oi"),))


class OpenModels(Protocol):
    """Open models on a fake. The fixture `models` closes them."""

    def __call__(
        self, fake: FakeService, names: str = ..., key: str = ..., thinking: tuple[str, ...] = ...
    ) -> GeminiModels: ...


def configs(fake: FakeService) -> list[dict[str, Any]]:
    """Return the parameters for thinking and sampling of each request."""
    sent = [request["body"].get("generationConfig", {}) for request in fake.requests()]
    return [{key: one[key] for key in one if key not in ("candidateCount", "maxOutputTokens")} for one in sent]


def counts(capsys: pytest.CaptureFixture[str]) -> int:
    """Return how often a refused parameter has been counted."""
    return capsys.readouterr().out.count('"GeminiParameterRefused":[1.0]')


def refuse(fake: FakeService, *parameters: str) -> None:
    """Let the fake refuse requests with one of these parameters."""
    httpx.put(f"{fake.url}/admin/refused", json={"parameters": parameters}).raise_for_status()


def know(fake: FakeService, *names: str, **routed: str) -> None:
    """Let the fake have these models alone, and answer the routed names by other models."""
    httpx.put(f"{fake.url}/admin/models", json={"models": names, "routed": routed}).raise_for_status()
