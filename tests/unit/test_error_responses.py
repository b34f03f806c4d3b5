"""Every error has a status and a Portuguese sentence."""

import re
from collections.abc import Iterator

import pytest

from falaai import errors
from falaai.web import texts
from falaai.web.error_responses import sentence_of, status_of


def classes(kind: type[errors.FalaAIError]) -> Iterator[type[errors.FalaAIError]]:
    for child in kind.__subclasses__():
        yield child
        yield from classes(child)


SHOWN = [
    kind
    for kind in classes(errors.FalaAIError)
    if not issubclass(kind, errors.WorkerError | errors.SettingsError)
    and (not kind.__subclasses__() or kind is errors.TooManyRequests)
]


def test_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in classes(errors.FalaAIError)}


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_every_error_has_its_own_sentence_and_status(kind: type[errors.FalaAIError]) -> None:
    if kind is errors.InvalidInput:
        return
    error = kind(90) if issubclass(kind, errors.TooManyRequests) else kind("reason")  # type: ignore[arg-type]
    error.about(limite=200, contato="privacidade@exemplo.com.br")
    assert sentence_of(error) != texts.ERRORS["internal_error"]
    assert status_of(error) != 500
    assert "{" not in sentence_of(error)


def test_limit_of_no_messages_is_not_one_of_a_day() -> None:
    for kind in (errors.QuotaReached, errors.ThinkingQuotaReached):
        assert sentence_of(kind(90).about(limite=0)) == texts.NO_MESSAGES
        assert sentence_of(kind(90).about(limite=1)) != texts.NO_MESSAGES


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 segundo"), (59, "59 segundos"), (61, "2 minutos"), (3600, "1 hora")]
)
def test_waits_as_people_say_them(seconds: int, words: str) -> None:
    assert texts.wait_in_words(seconds) == words
