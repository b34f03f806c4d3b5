"""Gemini's models on the fake, closed after each test."""

from collections.abc import Iterator

import pytest

from falaai.gemini.models import GeminiModels
from falaai.settings import GeminiSettings
from tests.support.gemini_models import OpenModels
from tests.support.services import FakeService


@pytest.fixture
def models() -> Iterator[OpenModels]:
    opened: list[GeminiModels] = []

    def open_models(
        fake: FakeService, names: str = "gemini-2.5-flash", key: str = "k" * 39, thinking: tuple[str, ...] = ()
    ) -> GeminiModels:
        options = GeminiSettings(gemini_api_key=key, gemini_model=names, gemini_base_url=fake.url)  # type: ignore[arg-type]
        opened.append(GeminiModels(options, thinking))
        return opened[-1]

    yield open_models
    for one in opened:
        one.close()
