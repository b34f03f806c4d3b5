"""Files in questions to Gemini."""

from dataclasses import replace

import pytest

from falaai import errors
from falaai.language_model import MediaFile, Prompt, ask
from falaai.model_families import FAMILIES
from falaai.repositories.files import Kind
from tests.support.gemini_models import PROMPT, OpenModels
from tests.support.services import FakeService
from tests.support.uploaded_files import PNG, pdf


def about(*files: MediaFile) -> Prompt:
    return replace(PROMPT, files=files)


CONTRACT = MediaFile("contrato.pdf", Kind.PDF, "application/pdf", pdf(2))
PHOTO = MediaFile("praia.png", Kind.IMAGE, "image/png", PNG)


def test_files_go_before_the_question_and_each_has_its_name(models: OpenModels, gemini: FakeService) -> None:
    ask(models(gemini), about(CONTRACT, PHOTO), 20)
    (sent,) = gemini.requests()
    parts = sent["body"]["contents"][-1]["parts"]
    assert [part.get("text") for part in parts] == [
        "Arquivo anexado: “contrato.pdf”", None, "Arquivo anexado: “praia.png”", None, "Oi",
    ]  # fmt: skip
    assert [one["bytes"] for one in sent["files"]] == [len(pdf(2)), len(PNG)]


def test_model_that_cannot_take_a_kind_is_passed_over_for_that_question_alone(
    models: OpenModels, gemini: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = replace(FAMILIES[1], inputs=("text", "images"))
    monkeypatch.setattr("falaai.model_families.FAMILIES", (FAMILIES[0], blind, *FAMILIES[2:]))
    both = models(gemini, "gemini-3.8-flash,gemini-2.5-flash-lite")
    for prompt in (about(CONTRACT), about(PHOTO), PROMPT):
        ask(both, prompt, 20)
    asked = [request["model"] for request in gemini.requests()]
    assert asked == ["gemini-2.5-flash-lite", "gemini-3.8-flash", "gemini-3.8-flash"]
    with pytest.raises(errors.ModelCannotRead):
        ask(models(gemini, "gemini-3.8-flash"), about(CONTRACT), 20)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (replace(PHOTO, media_type="image/x-raw"), errors.ModelCannotRead),
        (replace(CONTRACT, data=b"%PDF-1.4"), errors.ModelCannotRead),
        (MediaFile("a.txt", Kind.TEXT, "text/plain", b"x" * 4_300_000), errors.ModelCannotRead),
        (replace(PHOTO, data=None, uri="http://127.0.0.1:1/praia.png"), errors.FilesUnavailable),
    ],
    ids=["media type", "damaged", "too many tokens", "address"],
)
def test_file_that_gemini_refuses_has_a_failure_of_its_own(
    models: OpenModels, gemini: FakeService, file: MediaFile, error: type[errors.LanguageModelError]
) -> None:
    model = models(gemini)
    with pytest.raises(error):
        ask(model, about(file), 20)
    ask(model, PROMPT, 20)
