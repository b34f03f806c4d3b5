"""The reply as server-sent events.

A worker thread runs the generation and puts its events into one channel. The response reads the channel. A reader who
leaves, or who reads slowly, ends or delays the response and not the reply.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse, ServerSentEvent

from falaai import settings
from falaai.deadlines import deadline
from falaai.errors import FalaAIError, InvalidInput
from falaai.grounding import Grounding
from falaai.language_model import Completed, Delta, Failed, Heartbeat, Usage
from falaai.logs import logger
from falaai.repositories.messages import State
from falaai.web import texts
from falaai.web.current_user import CurrentSession
from falaai.web.error_responses import DOCUMENTED_ERRORS, sentence_of
from falaai_chat.dependencies import DailyQuotas, ReplyServices
from falaai_chat.generation import SECONDS_TO_FINISH, ReplyDependencies, generate_reply
from falaai_chat.generation.events import Interrupted, Remembered, ReplyEnd, ReplyEvent
from falaai_chat.markdown import FinishedBlocks
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import ask, edit_question, regenerate_reply
from falaai_chat.schemas import EditInput, MessageInput, StreamInput
from falaai_chat.views import ended_shape, remembered_shape, search_shape


class UncachedRoute(APIRoute):
    """Route whose responses no cache may store. FastAPI's own header `no-cache` would allow a cache to store them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_uncached(request: Request) -> Response:
            response = await handle(request)
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle_uncached


router = APIRouter(route_class=UncachedRoute)


class EventChannel:
    """Queue of events from the worker thread to the response. It has no limit, so the worker never waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()

    def put(self, event: ServerSentEvent | None) -> None:
        """Send an event, or None as the end. Called from the worker thread."""
        with suppress(RuntimeError):  # the loop is closed: the server ends, and the worker still stores the reply
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        while (event := await self._events.get()) is not None:
            yield event


def take_question(
    question: StreamInput, session: CurrentSession, services: ReplyServices, quotas: DailyQuotas
) -> PendingReply:
    """Store the question, or prepare its reply to be generated again. Its errors become ordinary JSON responses."""
    limits = quotas.of(question.modo, question.buscar)
    if question.anexos and (question.regenerate or question.edit):
        raise InvalidInput("anexos", texts.ATTACHMENTS_STAY)
    if question.regenerate is not None:
        return regenerate_reply(services.database, session, question.regenerate, limits, question.reler)
    if question.message is None:
        raise InvalidInput("message", texts.MESSAGE_EMPTY)
    if question.edit is not None:
        edit = EditInput(**question.model_dump(include=set(EditInput.model_fields)))
        return edit_question(services.database, session, question.edit, edit, limits)
    message = MessageInput(**question.model_dump(include=set(MessageInput.model_fields)))
    return ask(services.database, session, message, limits)


async def start_reply(
    question: StreamInput, services: ReplyServices, pending: Annotated[PendingReply, Depends(take_question)]
) -> EventChannel:
    """Start the worker before the response: a stored question gets its reply even if the client disconnects."""
    channel = EventChannel()
    threading.Thread(target=_run_worker, args=(services, pending, question.language, channel)).start()
    return channel


# Without this, FastAPI would document the JSON of errors as text/event-stream.
_ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}, "text/html": {}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": error["description"], "content": _ERROR_CONTENT}
    for status, error in DOCUMENTED_ERRORS.items()
}


@router.post("/chat/stream", response_class=EventSourceResponse, responses=_ERRORS)
async def stream(channel: Annotated[EventChannel, Depends(start_reply)]) -> AsyncIterator[ServerSentEvent]:
    """Return text/event-stream. If the question is refused, return an ordinary JSON error.
    The events are start {conversation_id, question_id, message_id, seq, restam, modo}, delta {text},
    block {html, until}, and at the end done {html, estado, aviso, usage} or error {code, detail}. Events before the
    end are sources {fontes, citacoes, consultas, sugestoes, aviso, frase} of a web search, and remembered
    {guardado: [{id, texto}]} with facts that the question asks to remember.
    """
    async for event in channel.events():
        yield event


def _run_worker(services: ReplyDependencies, pending: PendingReply, language: str, channel: EventChannel) -> None:
    seconds, has_ended = settings.read(settings.ReplySettings).stream_seconds, False
    try:
        with deadline(seconds + SECONDS_TO_FINISH):  # a request's deadline does not apply to another thread
            for event in wire_events(pending, generate_reply(services, pending, language, seconds)):
                channel.put(event)
                has_ended = event.event in ("done", "error")
    except FalaAIError as error:
        logger().warning(
            "generation failed", extra={"reply_id": pending.reply_id, "code": error.code, "reason": str(error)}
        )
        if not has_ended:
            channel.put(_error_event(error))
    except Exception:  # noqa: BLE001 - the end of the thread: tell the reader, and log the rest
        logger().exception("generation failed", extra={"reply_id": pending.reply_id})
        if not has_ended:
            channel.put(_event("error", code="internal_error", detail=texts.ERRORS["internal_error"]))
    finally:
        channel.put(None)


def wire_events(pending: PendingReply, events: Iterator[ReplyEvent]) -> Iterator[ServerSentEvent]:
    """Yield the server-sent events of a reply. Each block is also sent as HTML as soon as it is finished."""
    ids = {"conversation_id": pending.conversation_id, "question_id": pending.question_id}
    limits = {"restam": pending.left, "modo": pending.mode}
    yield _event("start", **ids, message_id=pending.reply_id, seq=pending.reply_seq, **limits)
    text, blocks = "", FinishedBlocks()
    for event in events:
        match event:
            case Delta():
                text += event.text
                yield _event("delta", text=event.text)
                if "\n" in event.text and (block := blocks.find(text)):
                    yield _event("block", html=block.html, until=block.until)
            case Heartbeat():
                pass  # FastAPI sends a comment after 15 s without an event
            case _:
                yield from _last_events(event)


def _last_events(event: Remembered | ReplyEnd) -> Iterator[ServerSentEvent]:
    match event:
        case Remembered():
            yield _event("remembered", guardado=[remembered_shape(fact) for fact in event.facts])
        case Completed():
            yield from _sources_events(event.grounding)
            yield _done_event(event.usage, ended_shape(event.text, State.COMPLETE, grounding=event.grounding))
        case Interrupted():
            yield _done_event(event.usage, ended_shape(event.text, State.INTERRUPTED, event.error))
        case Failed():
            yield from _sources_events(event.grounding)
            yield _error_event(event.error)


def _sources_events(grounding: Grounding | None) -> Iterator[ServerSentEvent]:
    if found := search_shape(grounding):
        yield _event("sources", **found)


def _done_event(usage: Usage, end: dict[str, Any]) -> ServerSentEvent:
    return _event("done", **end, usage={"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out})


def _error_event(error: FalaAIError) -> ServerSentEvent:
    return _event("error", code=error.code, detail=sentence_of(error), **error.facts)


def _event(name: str, **data: Any) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data)
