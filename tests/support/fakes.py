"""Fakes for unit tests of rules. tests/contracts runs the same tests on each fake and on the real implementation."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from falaai.database import Executed, Parameters, Row, Statements
from falaai.errors import LanguageModelError, PermanentFailure, PicturesUnavailable, QueueUnavailable, RetryLater
from falaai.grounding import Citation, Grounding, Source
from falaai.language_model import Completed, Delta, Failed, ModelEvent, Prompt, Usage
from falaai.queue_messages import QueueMessage
from falaai.secret_tokens import new_token
from falaai_email.rendering import Email

Result = TypeVar("Result")
# The search of a fake answer.
GROUNDING = Grounding(
    (Source("a.example", "a.example", "https://redirect.example/1"),),
    (Citation(0, 3, (1,)),),
    ("olá",),
    "<p>Buscar olá</p>",
    has_suggestions=True,
)


@dataclass
class FakeModel:
    """Model that gives the same answer to every prompt, then fails if there is a `failure`. Records the prompts.

    Its answer to a prompt that allows a search has the search `grounding`.
    """

    pieces: list[str] = field(default_factory=lambda: ["Olá", ", Ana."])
    failure: LanguageModelError | None = None
    grounding: Grounding = GROUNDING
    prompts: list[Prompt] = field(default_factory=list)

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        self.prompts.append(prompt)
        text, usage = "".join(self.pieces), Usage("fake", 3, 2)
        for piece in self.pieces:
            yield Delta(piece, usage)
        grounding = self.grounding if prompt.searches and text else None
        yield Failed(self.failure, text, usage, grounding) if self.failure else Completed(text, usage, grounding)

    def warm_up(self) -> None:
        """Do nothing: this model is always ready."""


@dataclass
class FakeQueues:
    """Queues that record the messages, or raise QueueUnavailable if `refuses`."""

    sent: list[QueueMessage] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    refuses: bool = False

    def send(self, message: QueueMessage, delay_seconds: int = 0) -> None:
        if self.refuses:
            raise QueueUnavailable("refused")
        self.sent.append(message)
        self.delays.append(delay_seconds)


@dataclass
class FakeEmailSender:
    sent: list[Email] = field(default_factory=list)
    failure: RetryLater | PermanentFailure | None = None

    def send(self, email: Email) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(email)


@dataclass
class FakePictureStore:
    """Pictures in memory. Raises PicturesUnavailable if `refuses`."""

    pictures: dict[str, bytes] = field(default_factory=dict)
    refuses: bool = False

    def add(self, picture: bytes) -> str:
        self._check()
        key = f"pictures/{new_token()}.webp"
        self.pictures[key] = picture
        return key

    def find(self, key: str) -> bytes | None:
        self._check()
        return self.pictures.get(key)

    def delete(self, key: str) -> None:
        self._check()
        self.pictures.pop(key, None)

    def _check(self) -> None:
        if self.refuses:
            raise PicturesUnavailable("refused")


Answer = int | Sequence[Row]


class FakeStatements(Statements):
    """Statements that are recorded in `ran` but not run.

    `answers` maps a part of a statement to its answer: rows, or the number of changed rows, also used as the inserted
    id. An answer may be a function of the parameters. A statement without an answer changes one row.
    """

    def __init__(self, answers: Mapping[str, Answer | Callable[[Parameters], Answer]] | None = None) -> None:
        self.answers = dict(answers or {})
        self.ran: list[tuple[str, Parameters]] = []

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        self.ran.append((sql, parameters))
        answer = next((answer for part, answer in self.answers.items() if part in sql), 1)
        answer = answer(parameters) if callable(answer) else answer
        return Executed(answer, answer, ()) if isinstance(answer, int) else Executed(len(answer), 0, answer)


class FakeDatabase(FakeStatements):
    """Database whose transactions run once; nothing is rolled back."""

    transactions = 0

    def transaction(self, work: Callable[[Statements], Result], has_committed: object = None) -> Result:
        self.transactions += 1
        return work(self)
