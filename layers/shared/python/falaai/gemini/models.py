"""The models of GEMINI_MODEL: their order, and the answers that they give through LangChain."""

import time
from collections.abc import AsyncGenerator, Collection, Generator
from contextlib import closing
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from falaai import metrics, settings
from falaai.errors import ModelCannotRead, ModelNotConfigured
from falaai.gemini.answers import Answer
from falaai.gemini.clients import KEPT_CONNECTION_SECONDS, GeminiClients
from falaai.gemini.failures import OF_THE_QUESTION, count_failure, translate
from falaai.gemini.loop_thread import LoopThread, wait_for_other_tasks
from falaai.gemini.turn_messages import import_langchain, messages_of
from falaai.grounding import Grounding, Notice
from falaai.language_model import NO_USAGE, Completed, Delta, Failed, Heartbeat, LanguageModel, ModelEvent, Prompt
from falaai.logs import logger
from falaai.model_families import call_options, can_read, family_parameters, named_parameters
from falaai.modes import Mode

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

# Seconds, and share of the time for the whole answer, that a search may take before the first word. After that the
# model is asked again without a search.
SEARCH_SECONDS = 45.0
SEARCH_SHARE = 0.5
# The only tools that the model ever gets. Both run at Google.
_SEARCH_TOOLS: tuple[dict[str, dict[str, Any]], ...] = ({"google_search": {}}, {"url_context": {}})


class GeminiModels:
    """The models of GEMINI_MODEL in their order, and before them in the mode THINK those of GEMINI_MODEL_THINK.

    A model that answers 404 is skipped until the process ends. A parameter that a model refuses is left out.
    """

    def __init__(self, options: settings.GeminiSettings, thinking: tuple[str, ...] = ()) -> None:
        self._options = options
        self._thinking = thinking
        self._withdrawn: set[str] = set()
        self._refused: set[tuple[str, Mode, str]] = set()
        self._clients = GeminiClients(options)
        self._connected_until = 0.0
        self._thread = LoopThread("gemini")

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        """See LanguageModel. Counts the failures that an alarm watches."""
        began = time.monotonic()
        deadline, notice, spent = began + seconds, None, NO_USAGE
        if prompt.searches:
            failure = yield from self._searched(prompt, deadline, began + min(SEARCH_SECONDS, SEARCH_SHARE * seconds))
            if failure is None:
                return
            prompt, notice = replace(prompt, searches=False), Grounding(notice=Notice.UNAVAILABLE)
            spent = failure.usage
            count_failure(failure.error)
            logger().warning("search unavailable", extra={"code": failure.error.code, "reason": str(failure.error)})
        with closing(self._events(prompt, deadline, deadline)) as events:
            for event in events:
                if isinstance(event, Failed):
                    count_failure(event.error)
                if not isinstance(event, Heartbeat):
                    event = replace(event, usage=event.usage.after(spent))
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
                    if not event.text and not isinstance(event.error, OF_THE_QUESTION):
                        return event
                    count_failure(event.error)
                yield event
        return None

    def _events(self, prompt: Prompt, deadline: float, first_word_by: float) -> Generator[ModelEvent]:
        """Yield the events of one try. It fails if its first word comes after `first_word_by`."""
        answer = Answer()

        def until() -> float:
            return deadline if answer.text else first_word_by

        import_langchain()
        try:
            with closing(self._thread.arrivals(self._chunks(prompt, deadline, answer), until)) as arrivals:
                for arrival in arrivals:
                    if isinstance(arrival, Heartbeat):
                        yield arrival
                    elif text := answer.add(arrival):
                        yield Delta(text, answer.usage)
            answer.check_ending()
        except Exception as error:
            failure = translate(error, bool(prompt.files))
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
        import_langchain()
        names = self._options.gemini_model
        name = next((name for name in names if name not in self._withdrawn), names[0])
        self._thread.run(self._clients.connect(name))
        self._connected_until = time.monotonic() + KEPT_CONNECTION_SECONDS

    def close(self) -> None:
        """Close all connections and end the thread. The process's own model stays open until the process ends."""
        self._thread.run(self._close_connections())
        self._thread.stop()

    async def _close_connections(self) -> None:
        await wait_for_other_tasks()
        await self._clients.close()

    async def _chunks(self, prompt: Prompt, deadline: float, answer: Answer) -> "AsyncGenerator[AIMessageChunk]":
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

        messages = messages_of(prompt)
        while True:
            known = family_parameters(name, prompt.mode)
            sent = [one for one in known if (name, prompt.mode, one) not in self._refused]
            left = max(1.0, deadline - time.monotonic())
            began = False
            try:
                options = call_options(name, prompt.mode, sent, prompt.max_tokens)
                if prompt.searches:
                    options["tools"] = _SEARCH_TOOLS
                async for chunk in self._clients.client(name).astream(messages, timeout=left, **options):
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


@cache
def language_model() -> LanguageModel:
    """Return the process's model. Nothing is imported or connected before the first answer."""
    thinking = settings.read(settings.ThinkingSettings).gemini_model_think
    return GeminiModels(settings.read(settings.GeminiSettings), thinking)
