"""Letters posted to the stand-in for SendGrid, and what each refusal means."""

import pytest

from falaai.errors import Again, Never
from falaai.settings import LetterSettings
from falaai_email.letters import Letter
from falaai_email.mailbox import SendGrid
from tests.conftest import RunningCloud
from tests.integration.conftest import StandIn

LETTER = Letter("caixa@exemplo.com.br", "Assunto", "Texto com ç", "<p>Texto com ç</p>")


def mailbox(stand_in: StandIn) -> SendGrid:
    return SendGrid(
        LetterSettings(
            sendgrid_api_key="SG." + "k" * 40,  # type: ignore[arg-type]
            sendgrid_base_url=stand_in.url,
            email_user="fala@exemplo.com.br",
            public_url="https://fala.example",
        )
    )


def test_letter_arrives_as_written(cloud: RunningCloud, sendgrid: StandIn) -> None:
    mailbox(sendgrid).post(LETTER)
    newest = cloud.letters_to(LETTER.to)[0]
    assert (newest["subject"], newest["text"], newest["html"]) == (LETTER.subject, LETTER.text, LETTER.html)


@pytest.mark.parametrize(("status", "error"), [(429, Again), (500, Again), (401, Never), (413, Never)])
def test_refusals(sendgrid: StandIn, status: int, error: type[Exception]) -> None:
    sendgrid.fault(status=status)
    with pytest.raises(error, match=str(status)):
        mailbox(sendgrid).post(LETTER)


def test_silence_is_again(sendgrid: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falaai_email.mailbox.SECONDS", 0.5)
    sendgrid.fault(status="timeout")
    with pytest.raises(Again):
        mailbox(sendgrid).post(LETTER)


def test_nobody_there_is_again() -> None:
    with pytest.raises(Again):
        mailbox(StandIn("http://127.0.0.1:1")).post(LETTER)
