"""Emails sent to the SendGrid fake, and the error for each refusal."""

import pytest

from falaai.errors import PermanentFailure, RetryLater
from falaai.settings import EmailSettings
from falaai_email.email_sender import SendGrid
from falaai_email.rendering import Email
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService

EMAIL = Email("caixa@exemplo.com.br", "Assunto", "Texto com ç", "<p>Texto com ç</p>")


def email_sender(fake: FakeService) -> SendGrid:
    return SendGrid(
        EmailSettings(
            sendgrid_api_key="SG." + "k" * 40,  # type: ignore[arg-type]
            sendgrid_base_url=fake.url,
            email_user="fala@exemplo.com.br",
            public_url="https://fala.example",
        )
    )


def test_email_arrives_as_written(cloud: RunningCloud, sendgrid: FakeService) -> None:
    email_sender(sendgrid).send(EMAIL)
    newest = cloud.emails_to(EMAIL.to)[0]
    assert (newest["subject"], newest["text"], newest["html"]) == (EMAIL.subject, EMAIL.text, EMAIL.html)


@pytest.mark.parametrize(
    ("status", "error"), [(429, RetryLater), (500, RetryLater), (401, PermanentFailure), (413, PermanentFailure)]
)
def test_refusals(sendgrid: FakeService, status: int, error: type[Exception]) -> None:
    sendgrid.fault(status=status)
    with pytest.raises(error, match=str(status)):
        email_sender(sendgrid).send(EMAIL)


def test_silence_is_again(sendgrid: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falaai_email.email_sender.SECONDS", 0.5)
    sendgrid.fault(status="timeout")
    with pytest.raises(RetryLater):
        email_sender(sendgrid).send(EMAIL)


def test_unreachable_sendgrid_is_retried_later() -> None:
    with pytest.raises(RetryLater):
        email_sender(FakeService("http://127.0.0.1:1")).send(EMAIL)
