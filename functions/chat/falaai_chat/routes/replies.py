"""Routes that answer with the whole reply as JSON."""

from typing import Any

from fastapi import APIRouter

from falaai import settings
from falaai.deadlines import seconds_left
from falaai.language_model import Completed, Failed
from falaai.repositories.messages import State
from falaai.web.current_user import CurrentSession
from falaai_chat.dependencies import DailyQuotas, ReplyServices
from falaai_chat.generation import SECONDS_TO_FINISH, ReplyDependencies, generate_reply
from falaai_chat.generation.events import Interrupted, Remembered
from falaai_chat.markdown import to_html
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import ask, edit_question, regenerate_reply
from falaai_chat.schemas import EditInput, MessageInput, ReplyInput
from falaai_chat.views import ended_shape, remembered_shape, search_shape

router = APIRouter()


@router.post("/chat/message")
def send_message(
    question: MessageInput, session: CurrentSession, services: ReplyServices, quotas: DailyQuotas
) -> dict[str, Any]:
    """Send a question and return the whole reply:
    {response, language, html, conversation_id, question_id, message_id, seq, client_id, estado, aviso, restam,
    modo, pesquisa, guardado}. `guardado` are the facts [{id, texto}] that the question asks to remember.
    """
    pending = ask(services.database, session, question, quotas.of(question.modo, question.buscar))
    return _whole_reply(services, pending, question.language, question.client_id)


@router.post("/chat/replies/{message_id}/regenerate")
def regenerate(
    message_id: int,
    session: CurrentSession,
    services: ReplyServices,
    quotas: DailyQuotas,
    options: ReplyInput | None = None,
) -> dict[str, Any]:
    """Generate a reply again in the same place, as another version. Return the same body as /chat/message."""
    options = options or ReplyInput()
    limits = quotas.of(options.modo, options.buscar)
    pending = regenerate_reply(services.database, session, message_id, limits, options.reler)
    return _whole_reply(services, pending, options.language, None)


@router.post("/chat/messages/{message_id}/edit")
def edit(
    message_id: int, change: EditInput, session: CurrentSession, services: ReplyServices, quotas: DailyQuotas
) -> dict[str, Any]:
    """Add a version of a question and answer it. Return the same body as /chat/message.

    The old version is hidden, with all that followed it.
    """
    pending = edit_question(services.database, session, message_id, change, quotas.of(change.modo, change.buscar))
    return _whole_reply(services, pending, change.language, change.client_id)


def _whole_reply(
    services: ReplyDependencies, pending: PendingReply, language: str, client_id: str | None
) -> dict[str, Any]:
    """Run the generation to its end. Raises the error of a failed reply, with its text and ids."""
    seconds = seconds_left(settings.read(settings.ReplySettings).message_seconds, reserve=SECONDS_TO_FINISH)
    place = {
        "client_id": client_id,
        "question_id": pending.question_id,
        "seq": pending.reply_seq,
        "restam": pending.left,
        "modo": pending.mode,
    }
    facts, last = list[dict[str, Any]](), None
    for last in generate_reply(services, pending, language, seconds):
        if isinstance(last, Remembered):
            facts += [remembered_shape(fact) for fact in last.facts]
    match last:
        case Completed():
            shape = ended_shape(last.text, State.COMPLETE, grounding=last.grounding)
            end = {"response": last.text, **shape, "pesquisa": search_shape(last.grounding)}
        case Interrupted():
            end = {"response": last.text, **ended_shape(last.text, State.INTERRUPTED, last.error), "pesquisa": None}
        case Failed():
            html = to_html(last.text, grounding=last.grounding)
            shown = {"response": last.text, "html": html, "pesquisa": search_shape(last.grounding)}
            raise last.error.about(**{**place, **last.error.facts}, **shown)
        case _:
            raise AssertionError("a generation ends with its end")
    ids = {"conversation_id": pending.conversation_id, "message_id": pending.reply_id}
    return {**end, "language": language, **ids, **place, "guardado": facts}
