"""Gemini through LangChain: the only module that knows either, and it has them imported at the first use.

An Answer yields pieces of text as they come, and an empty one whenever a second has passed without any, so that
whoever iterates it can look whether it is still wanted. It ends in one of our own errors if anything goes wrong. Its
deadline is total: LangChain's timeout is per read, so the stream is read in a thread of its own and whoever
waits for the next piece never waits beyond the deadline, whatever the network does.
"""

import queue
import re
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from falaai import metrics, settings
from falaai.conversation_memory import Turn
from falaai.deadlines import seconds_left
from falaai.errors import (
    LanguageModelError,
    ModelBlocked,
    ModelCutShort,
    ModelInterrupted,
    ModelMalformed,
    ModelNotConfigured,
    ModelRateLimited,
    ModelSilent,
    ModelTimedOut,
    ModelUnavailable,
)
from falaai.logs import logger

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk, BaseMessage
    from langchain_google_genai import ChatGoogleGenerativeAI

TEMPERATURE = 0.7
# Added to a prompt's limit when the model thinks as much as it likes: thoughts count as output tokens.
THINKING_TOKENS = 4096
# LangChain counts the first try as one; each further one adds seconds of back-off, and people are waiting.
MAX_ATTEMPTS = 2
TICK_SECONDS = 1.0
WARM_UP_MILLISECONDS = 3000
# Longer than most people type a message; httpx would close an idle connection after 5 s.
KEPT_CONNECTION_SECONDS = 60
TICK: Final = "tick"
# Our parameters that a model may refuse, as the message of a 400 names them.
_REFUSABLE = {
    "thinking": re.compile(r"thinking", re.IGNORECASE),
    "sampling": re.compile(r"temperature|\btop[_ ]?[pk]\b|sampling|penalty", re.IGNORECASE),
}
# What one question made of an answer; anything else is wrong with Gemini or our use of it, and rings.
_OF_THE_QUESTION = (ModelBlocked, ModelCutShort)


@dataclass(frozen=True)
class Prompt:
    """What the model is asked: who it is and what it remembers, then the turns, the question last."""

    system: str
    turns: tuple[Turn, ...]
    max_tokens: int = 8192


class Answer(Protocol):
    """Pieces of text to iterate once; the rest is complete when they are."""

    model: str
    tokens_in: int
    tokens_out: int

    def __iter__(self) -> Iterator[str]: ...


class LanguageModel(Protocol):
    def answer(self, prompt: Prompt, seconds: float) -> Answer:
        """Ask; iterating the answer raises a LanguageModelError, at the latest `seconds` after this call."""
        ...

    def warm_up(self) -> None:
        """Do now what the first answer would do once. Spends no tokens; may raise any error."""
        ...


@dataclass
class GeminiAnswer:
    """An answer under way."""

    family: "GeminiModels"
    prompt: Prompt
    deadline: float
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    _pieces: "queue.Queue[AIMessageChunk | BaseException | None]" = field(default_factory=queue.Queue)
    _left: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._texts()
        except LanguageModelError as error:
            if not isinstance(error, _OF_THE_QUESTION):
                metrics.count("GeminiErrors")
            raise

    def _texts(self) -> Iterator[str]:
        threading.Thread(target=self._read, daemon=True).start()
        reason, spoke = None, False
        try:
            while (chunk := self._next()) is not None:
                if chunk == TICK:
                    yield ""
                    continue
                reason = self._note(chunk) or reason
                if text := chunk.text:
                    spoke = True
                    yield text
        finally:
            self._left.set()
        _judge_ending(reason, spoke)

    def _read(self) -> None:
        """In its own thread: hand over chunks until the end, a failure, or nobody listening."""
        try:
            for chunk in self.family.stream(self):
                if self._left.is_set():
                    return
                self._pieces.put(chunk)
            self._pieces.put(None)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, and raised there
            self._pieces.put(error)

    def _next(self) -> "AIMessageChunk | Literal['tick'] | None":
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ModelTimedOut(f"{self.model} did not finish in time")
        try:
            got = self._pieces.get(timeout=min(left, TICK_SECONDS))
        except queue.Empty:
            return TICK
        if isinstance(got, BaseException):
            raise _translated(got) from got
        return got

    def _note(self, chunk: "AIMessageChunk") -> str | None:
        """Add up what a chunk says of tokens (each chunk counts its own); the reason to end, if it has one."""
        if chunk.usage_metadata:
            self.tokens_in += chunk.usage_metadata["input_tokens"]
            self.tokens_out += chunk.usage_metadata["output_tokens"]
        said = chunk.response_metadata
        blocked = (said.get("prompt_feedback") or {}).get("block_reason")
        return "SAFETY" if blocked else said.get("finish_reason")


class GeminiModels:
    """The models of GEMINI_MODEL in their order.

    One that answers 404 is passed over while the process lives, and a parameter that one refuses is left out.
    """

    def __init__(self, options: settings.GeminiSettings) -> None:
        self._options = options
        self._withdrawn: set[str] = set()
        self._refused: set[tuple[str, str]] = set()
        self._clients: dict[str, ChatGoogleGenerativeAI] = {}
        self._connected_until = 0.0

    def answer(self, prompt: Prompt, seconds: float) -> GeminiAnswer:
        return GeminiAnswer(self, prompt, time.monotonic() + seconds)

    def warm_up(self) -> None:
        """Do everything that the first answer of a process does only once. Spends no tokens.

        The request for the model's description opens the connection that the next question uses. It is repeated only
        when that connection is closed again. Raises what Google's client raises.
        """
        if time.monotonic() < self._connected_until:
            return
        _import_langchain()
        names = self._options.gemini_model
        name = next((name for name in names if name not in self._withdrawn), names[0])
        if name not in self._clients:
            self._rehearse(name)
        client = self._client(name).client
        assert client is not None  # noqa: S101 - LangChain builds it together with the model
        client.models.get(model=name, config={"http_options": {"timeout": WARM_UP_MILLISECONDS}})
        self._connected_until = time.monotonic() + KEPT_CONNECTION_SECONDS

    def _rehearse(self, name: str) -> None:
        """Read one canned reply, so that Pydantic builds the schemas of Google's client, which takes 0.1 s."""
        from langchain_google_genai import ChatGoogleGenerativeAI

        from falaai.canned_reply import CannedReply

        key, canned = self._options.gemini_api_key, {"transport": CannedReply()}
        model = ChatGoogleGenerativeAI(model=name, google_api_key=key, client_args=canned)
        options = _options(name, _family_parameters(name), max_tokens=8)
        list(model.stream(_messages(Prompt("Oi", (Turn(1, "usuario", "Oi"),))), **options))

    def stream(self, answer: GeminiAnswer) -> "Iterator[AIMessageChunk]":
        """Chunks from the first model that exists."""
        _import_langchain()
        from langchain_google_genai.chat_models import GoogleModelNotFoundError

        for name in self._options.gemini_model:
            if name in self._withdrawn:
                continue
            answer.model = name
            try:
                yield from self._stream_accepted(name, answer)
                return
            except GoogleModelNotFoundError:
                self._withdrawn.add(name)
                metrics.count("GeminiModelWithdrawn")
                logger().warning("model is gone and passed over from now on", extra={"model": name})
        raise ModelNotConfigured("none of the models in GEMINI_MODEL exists")

    def _stream_accepted(self, name: str, answer: GeminiAnswer) -> "Iterator[AIMessageChunk]":
        """Yield chunks from one model; ask again, once for each, without a parameter that its 400 names."""
        from langchain_google_genai.chat_models import GoogleInvalidRequestError

        messages = _messages(answer.prompt)
        while True:
            sent = [one for one in _family_parameters(name) if (name, one) not in self._refused]
            left = max(1.0, answer.deadline - time.monotonic())
            began = False
            try:
                options = _options(name, sent, answer.prompt.max_tokens)
                for chunk in self._client(name).stream(messages, timeout=left, **options):
                    began = True
                    yield chunk
                return
            except GoogleInvalidRequestError as error:
                refused = _named_parameters(error, sent)
                # Text that has come must not come twice, and past its deadline nobody waits for the answer.
                if began or not refused or time.monotonic() >= answer.deadline:
                    raise
                self._leave_out(name, refused)

    def _leave_out(self, name: str, parameters: Collection[str]) -> None:
        for parameter in parameters:
            if (name, parameter) in self._refused:  # another answer of this process was quicker
                continue
            self._refused.add((name, parameter))
            metrics.count("GeminiParameterRefused")
            logger().warning(
                "model refused a parameter, left out from now on", extra={"model": name, "parameter": parameter}
            )

    def _client(self, name: str) -> "ChatGoogleGenerativeAI":
        import httpx
        from langchain_google_genai import ChatGoogleGenerativeAI

        if name not in self._clients:
            self._clients[name] = ChatGoogleGenerativeAI(
                model=name,
                google_api_key=self._options.gemini_api_key,
                base_url=self._options.gemini_base_url or None,
                max_retries=MAX_ATTEMPTS,
                client_args={"limits": httpx.Limits(keepalive_expiry=KEPT_CONNECTION_SECONDS)},
            )
        return self._clients[name]


def _family_parameters(name: str) -> dict[str, dict[str, Any]]:
    """Return what a model's family is sent, by the keys of _REFUSABLE; an unknown family is sent nothing.

    Gemini 3 ignores temperature and has levels of thinking; before it there was a budget of thinking tokens.
    """
    if name.startswith("gemini-3"):
        return {"thinking": {"thinking_level": "minimal"}}
    if name.startswith(("gemini-1", "gemini-2")):
        return {"thinking": {"thinking_budget": 0}, "sampling": {"temperature": TEMPERATURE}}
    return {}


def _options(name: str, sent: Collection[str], max_tokens: int) -> dict[str, Any]:
    """Return LangChain's options for one call with the parameters `sent`."""
    # LangChain has a temperature of its own for some models; None keeps it from being sent.
    options: dict[str, Any] = {"temperature": None}
    for parameter, values in _family_parameters(name).items():
        if parameter in sent:
            options |= values
    room = 0 if "thinking" in sent else THINKING_TOKENS
    return {**options, "max_output_tokens": max_tokens + room}


def _named_parameters(error: Exception, sent: Collection[str]) -> list[str]:
    """Return which of the parameters `sent` the 400 names. LangChain's own message also holds the model's name."""
    message = str(getattr(error.__cause__, "message", ""))
    return [parameter for parameter in sent if _REFUSABLE[parameter].search(message)]


def _messages(prompt: Prompt) -> "list[BaseMessage]":
    from langchain_core.messages import SystemMessage

    return [SystemMessage(prompt.system), *_as_messages(prompt.turns)]


def _as_messages(turns: Sequence[Turn]) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage

    return [HumanMessage(turn.text) if turn.author == "usuario" else AIMessage(turn.text) for turn in turns]


def ask(model: LanguageModel, prompt: Prompt, seconds: float) -> str:
    """The whole answer at once, for workers. Raises a LanguageModelError."""
    return "".join(model.answer(prompt, seconds_left(seconds))).strip()


def count_tokens(turns: Sequence[Turn]) -> int:
    """About how many tokens these turns are. Counted offline: Gemini's own count is one HTTP call per message."""
    _import_langchain()
    from langchain_core.messages.utils import count_tokens_approximately

    return count_tokens_approximately(_as_messages(turns))


def _import_langchain() -> None:
    # Imported here, since importing cold_start pauses the garbage collector, which only an entry point starts again.
    from falaai.cold_start import import_langchain

    import_langchain()


def _judge_ending(reason: str | None, spoke: bool) -> None:
    """Gemini reports refusals and limits as ordinary endings; here they become errors, and so does a blank."""
    if reason == "MAX_TOKENS":
        raise ModelCutShort("the model reached its limit of tokens")
    if reason not in (None, "STOP"):
        raise ModelBlocked(f"finish reason {reason}")
    if not spoke:
        raise ModelSilent("the model finished without a word")
    if reason is None:
        raise ModelInterrupted("the stream ended without a finish reason")


def _translated(error: BaseException) -> BaseException:
    """A failure of LangChain, google-genai or httpx as one of ours; what none of them can be stays as it is."""
    import httpx
    from google.genai.errors import APIError
    from langchain_core.exceptions import ModelAuthenticationError, ModelPermissionDeniedError
    from langchain_google_genai.chat_models import ChatGoogleGenerativeAIError, GoogleRateLimitError

    if isinstance(error, LanguageModelError):
        return error
    status = getattr(error, "code", None) or getattr(getattr(error, "__cause__", None), "code", None)
    detail = f"{type(error).__name__} {status or ''}".strip()
    if isinstance(error, GoogleRateLimitError) or status == 429:
        return ModelRateLimited(detail)
    if isinstance(error, httpx.TimeoutException):
        return ModelTimedOut(detail)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return ModelInterrupted(detail)
    if isinstance(error, ModelAuthenticationError | ModelPermissionDeniedError) or "API key" in str(error):
        return ModelNotConfigured(detail)
    if isinstance(error, httpx.TransportError | APIError) and not isinstance(error, ChatGoogleGenerativeAIError):
        return ModelUnavailable(detail)
    if isinstance(error, ChatGoogleGenerativeAIError):
        return ModelUnavailable(detail)
    return ModelMalformed(detail) if isinstance(error, ValueError) else error


@cache
def language_model() -> LanguageModel:
    """The process's model, from the environment; nothing is imported or connected before the first answer."""
    return GeminiModels(settings.read(settings.GeminiSettings))
