"""Handing letters to SendGrid."""

from functools import cache
from typing import Protocol

from falaai import settings
from falaai.deadlines import within
from falaai.errors import Again, Never
from falaai_email.letters import Letter

SECONDS = 10
SENDER_NAME = "FalaAí"


class Mailbox(Protocol):
    """Where letters are posted."""

    def post(self, letter: Letter) -> None:
        """Hand it over. Raises Again when a later try may succeed, Never when none will."""
        ...


class SendGrid:
    """SendGrid's v3 API, by its own client."""

    def __init__(self, options: settings.LetterSettings) -> None:
        self._options = options

    def post(self, letter: Letter) -> None:
        from python_http_client.exceptions import HTTPError
        from sendgrid import SendGridAPIClient
        from sendgrid.helpers.mail import From, Mail, TrackingSettings
        from sendgrid.helpers.mail.click_tracking import ClickTracking

        key = self._options.sendgrid_api_key.get_secret_value()
        client = SendGridAPIClient(key, **({"host": host} if (host := self._options.sendgrid_base_url) else {}))
        client.client.timeout = SECONDS
        mail = Mail(From(self._options.email_user, SENDER_NAME), letter.to, letter.subject, letter.text, letter.html)
        # SendGrid would rewrite the link to go through its own servers, which then see a secret.
        mail.tracking_settings = TrackingSettings(click_tracking=ClickTracking(False, False))
        try:
            within(SECONDS, lambda: client.client.mail.send.post(request_body=mail.get()))
        except HTTPError as error:
            raise _judge(error.status_code) from error
        except OSError as error:  # refused, reset, timed out: urllib's errors and TimeoutError are all of this kind
            raise Again(f"SendGrid cannot be reached: {type(error).__name__}") from error


def _judge(status: int) -> Again | Never:
    if status == 429 or status >= 500:
        return Again(f"SendGrid answered {status}")
    return Never(f"SendGrid refused the letter: {status}")


@cache
def mailbox() -> Mailbox:
    """The process's mailbox, from the environment."""
    return SendGrid(settings.read(settings.LetterSettings))
