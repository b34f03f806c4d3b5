"""Contract of `EmailSender`, on SendGrid's protocol and on the fake."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from falaai.errors import PermanentFailure, RetryLater
from falaai.settings import EmailSettings
from falaai_email.email_sender import EmailSender, SendGrid
from falaai_email.rendering import Email
from tests.support.fakes import FakeEmailSender
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService

EMAIL = Email("contrato@exemplo.com.br", "Assunto com ç", "Texto — “entre aspas”\n", "<p>Texto &amp; HTML com ç</p>")
STATUSES = {RetryLater: 429, PermanentFailure: 401}


@dataclass
class Case:
    """A sender to test. `received` returns the emails that arrived since the test began; `fail` sets the answer."""

    sender: EmailSender
    received: Callable[[], list[Email]]
    fail: Callable[[type[Exception] | None], None]


@pytest.fixture
def real(cloud: RunningCloud, sendgrid: FakeService) -> Case:
    options = EmailSettings(
        sendgrid_api_key="SG." + "k" * 40,  # type: ignore[arg-type]
        sendgrid_base_url=sendgrid.url,
        email_user="fala@exemplo.com.br",
        public_url="https://fala.example",
    )
    before = len(cloud.emails_to(EMAIL.to))

    def received() -> list[Email]:
        emails = cloud.emails_to(EMAIL.to)
        return [Email(one["to"], one["subject"], one["text"], one["html"]) for one in emails[: len(emails) - before]]

    return Case(SendGrid(options), received, lambda error: sendgrid.fault(status=error and STATUSES[error]))


@pytest.fixture
def fake() -> Case:
    sender = FakeEmailSender()

    def fail(error: type[Exception] | None) -> None:
        sender.failure = error and error("set by the test")  # type: ignore[assignment]

    return Case(sender, lambda: sender.sent, fail)


@pytest.fixture(params=["real", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_email_arrives_once_and_as_written(case: Case) -> None:
    case.sender.send(EMAIL)
    assert case.received() == [EMAIL]


@pytest.mark.parametrize("error", STATUSES)
def test_failure_is_told_delivers_nothing_and_does_not_stay(case: Case, error: type[Exception]) -> None:
    case.fail(error)
    with pytest.raises(error):
        case.sender.send(EMAIL)
    assert case.received() == []
    case.fail(None)
    case.sender.send(EMAIL)
    assert case.received() == [EMAIL]
