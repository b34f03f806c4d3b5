"""The reply as server-sent events, piece by piece.

The generation runs in a thread of its own: a reader who leaves ends the response and not the reply.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from falaai import settings
from falaai.deadlines import deadline
from falaai.errors import FalaAIError, InvalidInput
from falaai.logs import logger
from falaai.repositories.messages import Ending
from falaai.repositories.sessions import Session
from falaai.web import texts
from falaai.web.current_user import CurrentSession
from falaai.web.error_responses import sentence_of
from falaai_chat.dependencies import DailyQuota, ReplyServices
from falaai_chat.generation import SECONDS_TO_FINISH, Services, reply_pieces
from falaai_chat.markdown import FinishedBlocks, to_html
from falaai_chat.questions import PendingReply, ask, edit_question, regenerate_reply
from falaai_chat.quota import Quota
from falaai_chat.schemas import EditInput, MessageInput, StreamInput
from falaai_chat.views import notice_of

# Proxies close a connection they hear nothing on.
COMMENT_EVERY_SECONDS = 10.0

router = APIRouter()


@router.post("/chat/stream", responses={200: {"content": {"text/event-stream": {}}}})
async def stream(
    question: StreamInput, session: CurrentSession, services: ReplyServices, quota: DailyQuota
) -> Response:
    """text/event-stream: start {conversation_id, question_id, message_id, seq, restam}, delta {text}, block {html,
    until}, done {html, estado, aviso, usage} or error {code, detail}. What refuses the question is an ordinary
    JSON error."""
    asked = await run_in_threadpool(_asked, services, session, question, quota)
    reader = _Reader(asyncio.get_running_loop())
    generation = threading.Thread(target=_generate, args=(services, asked, question.language, reader))
    generation.start()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(reader.events(), media_type="text/event-stream", headers=headers)


def _asked(services: Services, session: Session, question: StreamInput, quota: Quota) -> PendingReply:
    if question.regenerate is not None:
        return regenerate_reply(services.database, session, question.regenerate, quota)
    if question.message is None:
        raise InvalidInput("message", texts.MESSAGE_EMPTY)
    if question.edit is not None:
        edit = EditInput(**question.model_dump(include=set(EditInput.model_fields)))
        return edit_question(services.database, session, question.edit, edit, quota)
    message = MessageInput(**question.model_dump(include=set(MessageInput.model_fields)))
    return ask(services.database, session, message, quota)


@dataclass
class _Reader:
    """Where the generation's thread puts events and the response takes them from."""

    loop: asyncio.AbstractEventLoop
    waiting: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)

    def put(self, event: str | None) -> None:
        """Called from the generation's thread; None is the end."""
        self.loop.call_soon_threadsafe(self.waiting.put_nowait, event)

    async def events(self) -> AsyncIterator[str]:
        while True:
            try:
                event = await asyncio.wait_for(self.waiting.get(), COMMENT_EVERY_SECONDS)
            except TimeoutError:
                yield ": ainda aqui\n\n"
                continue
            if event is None:
                return
            yield event


def _generate(services: Services, asked: PendingReply, language: str, reader: _Reader) -> None:
    seconds = settings.read(settings.ReplySettings).stream_seconds
    try:
        with deadline(seconds + SECONDS_TO_FINISH):  # the request's own ended with its first byte
            _tell(services, asked, language, reader, seconds)
    except FalaAIError as error:
        facts = {name: value for name, value in error.facts.items() if name != "text"}
        reader.put(_event("error", code=error.code, detail=sentence_of(error), **facts))
    except Exception:  # noqa: BLE001 - the reader is told, the log has the rest, and the thread ends
        logger().exception("generation failed", extra={"reply_id": asked.reply_id})
        reader.put(_event("error", code="internal_error", detail=texts.ERRORS["internal_error"]))
    finally:
        reader.put(None)


def _tell(services: Services, asked: PendingReply, language: str, reader: _Reader, seconds: float) -> None:
    place = {"conversation_id": asked.conversation_id, "question_id": asked.question_id}
    reader.put(_event("start", **place, message_id=asked.reply_id, seq=asked.reply_seq, restam=asked.left))
    text, blocks = "", FinishedBlocks()
    for piece in reply_pieces(services, asked, language, seconds):
        if isinstance(piece, Ending):
            usage = {"tokens_in": piece.tokens_in, "tokens_out": piece.tokens_out}
            end = {"estado": piece.state.value, "aviso": notice_of(piece.state, piece.error)}
            reader.put(_event("done", html=to_html(piece.text), **end, usage=usage))
        elif piece.text:
            text += piece.text
            reader.put(_event("delta", text=piece.text))
            if "\n" in piece.text and (block := blocks.find(text)):
                reader.put(_event("block", html=block.html, until=block.until))


def _event(name: str, **data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
