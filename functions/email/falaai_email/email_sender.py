"""Sending emails through SendGrid."""

import json
from functools import cache
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, Request, build_opener

from falaai import settings
from falaai.deadlines import within
from falaai.errors import PermanentFailure, RetryLater
from falaai.tls import public_authorities
from falaai_email.rendering import Email

SECONDS = 10
URL = "https://api.sendgrid.com"
SENDER_NAME = "FalaAí"


class EmailSender(Protocol):
    """Sends emails; tests have a fake."""

    def send(self, email: Email) -> None:
        """Raise RetryLater if a later try may succeed, PermanentFailure if none will."""
        ...


class SendGrid:
    """SendGrid's v3 API. SendGrid's package builds the request body.

    The package's client is not used: it loads all certificates again for each email, so that memory grows.
    """

    def __init__(self, options: settings.EmailSettings) -> None:
        self._options = options
        self._url = f"{options.sendgrid_base_url or URL}/v3/mail/send"
        self._opener = build_opener(HTTPSHandler(context=public_authorities()))

    def send(self, email: Email) -> None:
        from sendgrid.helpers.mail import From, Mail, TrackingSettings
        from sendgrid.helpers.mail.click_tracking import ClickTracking

        mail = Mail(From(self._options.email_user, SENDER_NAME), email.to, email.subject, email.text, email.html)
        # Click tracking would rewrite links to SendGrid's servers, which would then see a secret.
        mail.tracking_settings = TrackingSettings(click_tracking=ClickTracking(False, False))
        key = self._options.sendgrid_api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = Request(self._url, json.dumps(mail.get()).encode(), headers)  # noqa: S310 - the URL is a setting
        try:
            within(SECONDS, lambda: self._opener.open(request, timeout=SECONDS).close())
        except HTTPError as error:
            error.close()
            raise _judge(error.code) from error
        except OSError as error:  # includes URLError and TimeoutError
            raise RetryLater(f"SendGrid cannot be reached: {type(error).__name__}") from error


def _judge(status: int) -> RetryLater | PermanentFailure:
    if status == 429 or status >= 500:
        return RetryLater(f"SendGrid answered {status}")
    return PermanentFailure(f"SendGrid refused the email: {status}")


@cache
def email_sender() -> EmailSender:
    """Return the process's email sender, from the environment."""
    return SendGrid(settings.read(settings.EmailSettings))
