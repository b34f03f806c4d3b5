"""Fakes of the model client, of the queues and of the email sender, for unit tests of rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from falaai.errors import LanguageModelError, PermanentFailure, QueueUnavailable, RetryLater
from falaai.language_model import Prompt
from falaai.queue_messages import QueueMessage
from falaai_email.rendering import Email


@dataclass
class FakeAnswer:
    """Answer that yields its pieces and then raises `failure`, if there is one."""

    pieces: list[str]
    failure: LanguageModelError | None = None
    model: str = "fake"
    tokens_in: int = 3
    tokens_out: int = 2

    def __iter__(self) -> Iterator[str]:
        yield from self.pieces
        if self.failure:
            raise self.failure


@dataclass
class FakeModel:
    """Model that gives the same answer to every prompt and records the prompts."""

    pieces: list[str] = field(default_factory=lambda: ["Olá", ", Ana."])
    failure: LanguageModelError | None = None
    prompts: list[Prompt] = field(default_factory=list)

    def answer(self, prompt: Prompt, seconds: float) -> FakeAnswer:
        self.prompts.append(prompt)
        return FakeAnswer(self.pieces, self.failure)


@dataclass
class FakeQueues:
    """Queues that record the messages, or raise QueueUnavailable if `refuses`."""

    sent: list[QueueMessage] = field(default_factory=list)
    refuses: bool = False

    def send(self, message: QueueMessage) -> None:
        if self.refuses:
            raise QueueUnavailable("refused")
        self.sent.append(message)


@dataclass
class FakeEmailSender:
    sent: list[Email] = field(default_factory=list)
    failure: RetryLater | PermanentFailure | None = None

    def send(self, email: Email) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(email)
