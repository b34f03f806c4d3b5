"""Gemini through LangChain. Only this module imports LangChain or Google's client, and only at the first use.

LangChain's timeout is per read, and a blocked read cannot be interrupted. Therefore its asynchronous calls run in one
event loop, in a thread that lives as long as the process. A caller waits for one chunk at a time. So callers need no
thread and no queue of their own, their deadlines are total, and they can cancel a request.
"""

import asyncio
import re
import threading
import time
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from falaai import metrics, settings
from falaai.conversation_memory import Turn
from falaai.errors import (
    FilesUnavailable,
    LanguageModelError,
    ModelBlocked,
    ModelCannotRead,
    ModelCutShort,
    ModelInterrupted,
    ModelMalformed,
    ModelNotConfigured,
    ModelRateLimited,
    ModelSilent,
    ModelTimedOut,
    ModelUnavailable,
)
from falaai.grounding import Grounding, GroundingMetadata, Notice
from falaai.language_model import (
    Completed,
    Delta,
    Failed,
    Heartbeat,
    LanguageModel,
    MediaFile,
    ModelEvent,
    Prompt,
    Usage,
)
from falaai.logs import logger
from falaai.model_families import call_options, can_read, family_parameters, named_parameters
from falaai.modes import Mode
from falaai.plain_lines import plain_line

if TYPE_CHECKING:
    import ssl

    import httpx
    from langchain_core.messages import AIMessageChunk, BaseMessage
    from langchain_google_genai import ChatGoogleGenerativeAI

# Tries of one request, the first one included. Each further try adds seconds of back-off, while users wait.
MAX_ATTEMPTS = 2
HEARTBEAT_SECONDS = 1.0
WARM_UP_MILLISECONDS = 3000
CLOSE_SECONDS = 3.0
# Seconds, and share of the time for the whole answer, that a search may take before the first word. After that the
# model is asked again without a search.
SEARCH_SECONDS = 45.0
SEARCH_SHARE = 0.5
# The only tools that the model ever gets. Both run at Google.
_SEARCH_TOOLS: tuple[dict[str, dict[str, Any]], ...] = ({"google_search": {}}, {"url_context": {}})
# Idle connections are kept for longer than most users need to type a message. httpx's default is 5 s.
KEPT_CONNECTION_SECONDS = 60
# Failures caused by the question. All others are faults of Gemini or of our use of it; an alarm counts them.
_OF_THE_QUESTION = (ModelBlocked, ModelCutShort, ModelCannotRead)
# A 400 about a file of the request, by Google's message: it could not be fetched, or it could not be read.
_NOT_FETCHED = re.compile(r"fetch|retriev|download", re.IGNORECASE)
_NOT_READ = re.compile(r"mime|image|audio|document|pdf|file|input token count|payload size", re.IGNORECASE)


@dataclass
class _Answer:
    """The parts of one answer that have arrived."""

    model: str = ""
    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    finish_reason: str | None = None
    grounding_metadata: GroundingMetadata = field(default_factory=GroundingMetadata)

    @property
    def usage(self) -> Usage:
        return Usage(self.model, self.tokens_in, self.tokens_out)

    def add(self, chunk: "AIMessageChunk") -> str:
        """Add one chunk. Its token counts exclude earlier chunks. Returns its text."""
        if chunk.usage_metadata:
            self.tokens_in += chunk.usage_metadata["input_tokens"]
            self.tokens_out += chunk.usage_metadata["output_tokens"]
        metadata = chunk.response_metadata
        is_blocked = (metadata.get("prompt_feedback") or {}).get("block_reason")
        # The model that really answers: Google may route a name to another model. The last chunk has it.
        self.model = metadata.get("model_name") or self.model
        self.finish_reason = ("SAFETY" if is_blocked else metadata.get("finish_reason")) or self.finish_reason
        if found := metadata.get("grounding_metadata"):
            self.grounding_metadata.add(found)
        text = str(chunk.text)
        self.text += text
        return text

    def grounding(self, prompt: Prompt) -> Grounding | None:
        """Return the search of this answer, or None if the prompt allowed none."""
        return self.grounding_metadata.grounding(self.text) if prompt.searches else None

    def partial_grounding(self, prompt: Prompt) -> Grounding | None:
        """Return the search of an answer that failed, or None if its metadata, which come last, are missing."""
        found = self.grounding(prompt)
        return None if found and found.notice else found

    def check_ending(self) -> None:
        """Raise an error for refusals, limits and blank answers, which Gemini reports as ordinary endings."""
        if self.finish_reason == "MAX_TOKENS":
            raise ModelCutShort("the model reached its limit of tokens")
        if self.finish_reason not in (None, "STOP"):
            raise ModelBlocked(f"finish reason {self.finish_reason}")
        if not self.text:
            raise ModelSilent("the model finished without a word")
        if self.finish_reason is None:
            raise ModelInterrupted("the stream ended without a finish reason")


class GeminiModels:
    """The models of GEMINI_MODEL in their order, and before them in the mode THINK those of GEMINI_MODEL_THINK.

    A model that answers 404 is skipped until the process ends. A parameter that a model refuses is left out.
    """

    def __init__(self, options: settings.GeminiSettings, thinking: tuple[str, ...] = ()) -> None:
        self._options = options
        self._thinking = thinking
        self._withdrawn: set[str] = set()
        self._refused: set[tuple[str, Mode, str]] = set()
        self._clients: dict[str, ChatGoogleGenerativeAI] = {}
        self._connected_until = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gemini", daemon=True)
        self._thread.start()

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        """See LanguageModel. Counts the failures that an alarm watches."""
        began = time.monotonic()
        deadline, notice = began + seconds, None
        if prompt.searches:
            failure = yield from self._searched(prompt, deadline, began + min(SEARCH_SECONDS, SEARCH_SHARE * seconds))
            if failure is None:
                return
            prompt, notice = replace(prompt, searches=False), Grounding(notice=Notice.UNAVAILABLE)
            _count_failure(failure.error)
            logger().warning("search unavailable", extra={"code": failure.error.code, "reason": str(failure.error)})
        with closing(self._events(prompt, deadline, deadline)) as events:
            for event in events:
                if isinstance(event, Failed):
                    _count_failure(event.error)
                yield replace(event, grounding=notice) if isinstance(event, Completed | Failed) else event

    def _searched(
        self, prompt: Prompt, deadline: float, first_word_by: float
    ) -> Generator[ModelEvent, None, Failed | None]:
        """Yield the events of an answer with a search.

        Returns its failure, instead of yielding it, if the same question may be answered without a search.
        """
        with closing(self._events(prompt, deadline, first_word_by)) as events:
            for event in events:
                if isinstance(event, Failed):
                    if not event.text and not isinstance(event.error, _OF_THE_QUESTION):
                        return event
                    _count_failure(event.error)
                yield event
        return None

    def _events(self, prompt: Prompt, deadline: float, first_word_by: float) -> Generator[ModelEvent]:
        """Yield the events of one try. It fails if its first word comes after `first_word_by`."""
        answer = _Answer()

        def until() -> float:
            return deadline if answer.text else first_word_by

        _import_langchain()
        try:
            with closing(self._arrivals(self._chunks(prompt, deadline, answer), until)) as arrivals:
                for arrival in arrivals:
                    if isinstance(arrival, Heartbeat):
                        yield arrival
                    elif text := answer.add(arrival):
                        yield Delta(text, answer.usage)
            answer.check_ending()
        except Exception as error:
            failure = _translate(error, bool(prompt.files))
            if failure is None:
                raise
            yield Failed(failure, answer.text, answer.usage, answer.partial_grounding(prompt))
        else:
            yield Completed(answer.text, answer.usage, answer.grounding(prompt))

    def warm_up(self) -> None:
        """See LanguageModel. Request the model's description, which opens the connection for the next question.

        Further calls repeat the request only if that connection may have been closed. Raises the errors of Google's
        client.
        """
        if time.monotonic() < self._connected_until:
            return
        _import_langchain()
        names = self._options.gemini_model
        name = next((name for name in names if name not in self._withdrawn), names[0])
        asyncio.run_coroutine_threadsafe(self._connect(name), self._loop).result()
        self._connected_until = time.monotonic() + KEPT_CONNECTION_SECONDS

    async def _connect(self, name: str) -> None:
        if name not in self._clients:
            self._clients[name] = await self._warm_client(name)
        models = self._clients[name].async_client.models
        await models.get(model=name, config={"http_options": {"timeout": WARM_UP_MILLISECONDS}})

    async def _warm_client(self, name: str) -> "ChatGoogleGenerativeAI":
        """Return a client that has read one canned reply, so that Pydantic has built its schemas, which takes 0.1 s.

        Questions do not use the client before that, so none of them gets the canned reply.
        """
        from falaai.canned_reply import CannedReply

        canned = CannedReply(_connections())
        client = self._new_client(name, canned)
        options = call_options(name, Mode.FAST, family_parameters(name, Mode.FAST), max_tokens=8)
        async for _ in client.astream(_messages(Prompt("Oi", (Turn(1, "usuario", "Oi"),))), **options):
            pass
        canned.end()
        return client

    def close(self) -> None:
        """Close all connections and end the thread. The process's own model stays open until the process ends."""
        asyncio.run_coroutine_threadsafe(self._close_connections(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close_connections(self) -> None:
        # requests of streams that were closed early are still ending
        if ending := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(ending, timeout=CLOSE_SECONDS)
        for client in self._clients.values():
            await client.async_client.aclose()

    def _arrivals(
        self, chunks: "AsyncGenerator[AIMessageChunk]", until: Callable[[], float]
    ) -> "Generator[AIMessageChunk | Heartbeat]":
        """Yield each chunk when it arrives, and a Heartbeat for each second without one.

        Raises ModelTimedOut at the time that `until` returns.
        """

        one_at_a_time = asyncio.Lock()

        async def next_chunk() -> "AIMessageChunk | None":
            async with one_at_a_time:
                return await anext(chunks, None)

        async def close_chunks() -> None:
            async with one_at_a_time:  # a generator that is running cannot be closed
                await chunks.aclose()

        pending: Future[AIMessageChunk | None] | None = None
        try:
            while (left := until() - time.monotonic()) > 0:
                pending = pending or asyncio.run_coroutine_threadsafe(next_chunk(), self._loop)
                if not wait([pending], timeout=min(left, HEARTBEAT_SECONDS)).done:
                    yield Heartbeat()
                    continue
                if (chunk := pending.result()) is None:
                    return
                pending = None
                yield chunk
            raise ModelTimedOut("the model did not finish in time")
        finally:
            # End the request and close its connection, also if a chunk has just arrived that will not be read. This
            # has no effect if the chunks have ended.
            if pending:
                pending.cancel()
            asyncio.run_coroutine_threadsafe(close_chunks(), self._loop)

    async def _chunks(self, prompt: Prompt, deadline: float, answer: _Answer) -> "AsyncGenerator[AIMessageChunk]":
        """Yield the chunks of the first model that exists and takes the files, and store its name in `answer`."""
        from langchain_google_genai.chat_models import GoogleModelNotFoundError

        kinds, is_skipped = {file.kind for file in prompt.files}, False
        for name in self._names(prompt.mode):
            if name in self._withdrawn:
                continue
            if not can_read(name, kinds):
                is_skipped = True
                continue
            answer.model = name
            try:
                async for chunk in self._accepted_chunks(name, prompt, deadline):
                    yield chunk
                return
            except GoogleModelNotFoundError:
                self._withdrawn.add(name)
                metrics.count("GeminiModelWithdrawn")
                logger().warning("model not found, skipped from now on", extra={"model": name})
        if is_skipped:
            raise ModelCannotRead("no model takes files of these kinds")
        raise ModelNotConfigured("none of the models in GEMINI_MODEL exists")

    def _names(self, mode: Mode) -> tuple[str, ...]:
        """Return the models of a mode in their order. The fast models also think, if no other model does."""
        return (*self._thinking, *self._options.gemini_model) if mode is Mode.THINK else self._options.gemini_model

    async def _accepted_chunks(self, name: str, prompt: Prompt, deadline: float) -> "AsyncGenerator[AIMessageChunk]":
        """Yield chunks from one model. If a 400 names a parameter of the request, repeat the request without it."""
        from langchain_google_genai.chat_models import GoogleInvalidRequestError

        messages = _messages(prompt)
        while True:
            known = family_parameters(name, prompt.mode)
            sent = [one for one in known if (name, prompt.mode, one) not in self._refused]
            left = max(1.0, deadline - time.monotonic())
            began = False
            try:
                options = call_options(name, prompt.mode, sent, prompt.max_tokens)
                if prompt.searches:
                    options["tools"] = _SEARCH_TOOLS
                async for chunk in self._client(name).astream(messages, timeout=left, **options):
                    began = True
                    yield chunk
                return
            except GoogleInvalidRequestError as error:
                refused = named_parameters(error, sent)
                # Do not repeat the request if a part of the text has arrived, or if its time is over.
                if began or not refused or time.monotonic() >= deadline:
                    raise
                self._leave_out(name, prompt.mode, refused)

    def _leave_out(self, name: str, mode: Mode, parameters: Collection[str]) -> None:
        for parameter in parameters:
            if (name, mode, parameter) in self._refused:  # another thread has found the same refusal
                continue
            self._refused.add((name, mode, parameter))
            metrics.count("GeminiParameterRefused")
            logger().warning(
                "model refused a parameter, left out from now on", extra={"model": name, "parameter": parameter}
            )

    def _client(self, name: str) -> "ChatGoogleGenerativeAI":
        if name not in self._clients:
            self._clients[name] = self._new_client(name, _connections())
        return self._clients[name]

    def _new_client(self, name: str, connections: "httpx.AsyncBaseTransport") -> "ChatGoogleGenerativeAI":
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(
            model=name,
            google_api_key=self._options.gemini_api_key,
            base_url=self._options.gemini_base_url or None,
            max_retries=MAX_ATTEMPTS,
            client_args={"transport": connections, "verify": _authorities()},
        )


@cache
def _authorities() -> "ssl.SSLContext":
    import httpx

    return httpx.create_ssl_context()


def _connections() -> "httpx.AsyncHTTPTransport":
    """Return a new httpx connection pool. Without it, Google's client would use aiohttp if that is installed."""
    import httpx

    return httpx.AsyncHTTPTransport(
        verify=_authorities(), limits=httpx.Limits(keepalive_expiry=KEPT_CONNECTION_SECONDS)
    )


def _count_failure(error: LanguageModelError) -> None:
    if not isinstance(error, _OF_THE_QUESTION):
        metrics.count("GeminiErrors")


def _messages(prompt: Prompt) -> "list[BaseMessage]":
    from langchain_core.messages import SystemMessage

    messages = [SystemMessage(prompt.system), *_turn_messages(prompt.turns)]
    if prompt.files:
        blocks = [block for file in prompt.files for block in _blocks(file)]
        messages[-1].content = [*blocks, {"type": "text", "text": prompt.turns[-1].text}]
    return messages


def _blocks(file: MediaFile) -> list[str | dict[str, Any]]:
    """Return the name of a file, and the file as a block of the type `media`.

    LangChain passes that type through. The address of any other type it would read itself, without any limit.
    """
    content = {"data": file.data} if file.uri is None else {"file_uri": file.uri}
    return [
        {"type": "text", "text": f"Arquivo anexado: “{plain_line(file.name)}”"},
        {"type": "media", "mime_type": file.media_type, **content},
    ]


def _turn_messages(turns: Sequence[Turn]) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage

    return [HumanMessage(turn.text) if turn.author == "usuario" else AIMessage(turn.text) for turn in turns]


def count_tokens(turns: Sequence[Turn]) -> int:
    """Estimate the tokens of these turns offline: Gemini's own count is one HTTP call per message."""
    _import_langchain()
    from langchain_core.messages.utils import count_tokens_approximately

    return count_tokens_approximately(_turn_messages(turns))


def _import_langchain() -> None:
    # Imported here, since importing cold_start pauses the garbage collector, which only an entry point starts again.
    from falaai.cold_start import import_langchain

    import_langchain()


def _translate(error: Exception, has_files: bool = False) -> LanguageModelError | None:
    """Return our error for a failure of LangChain, google-genai or httpx. Returns None for any other error."""
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
    # Google answers 400 to a wrong key, and only the message tells it from other mistakes.
    if isinstance(error, ModelAuthenticationError | ModelPermissionDeniedError) or "API key" in str(error):
        return ModelNotConfigured(detail)
    if has_files and status == 400 and (failure := _translate_refused_file(str(error), detail)):
        return failure
    if isinstance(error, httpx.TransportError | APIError | ChatGoogleGenerativeAIError):
        return ModelUnavailable(detail)
    return ModelMalformed(detail) if isinstance(error, ValueError) else None


def _translate_refused_file(message: str, detail: str) -> LanguageModelError | None:
    if _NOT_FETCHED.search(message):
        return FilesUnavailable(detail)
    return ModelCannotRead(detail) if _NOT_READ.search(message) else None


@cache
def language_model() -> LanguageModel:
    """Return the process's model. Nothing is imported or connected before the first answer."""
    thinking = settings.read(settings.ThinkingSettings).gemini_model_think
    return GeminiModels(settings.read(settings.GeminiSettings), thinking)
