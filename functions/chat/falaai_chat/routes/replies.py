"""Routes of replies, but for the stream."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from falaai import settings
from falaai.deadlines import seconds_left
from falaai.errors import LanguageModelError
from falaai.repositories import messages
from falaai.repositories.messages import Ending, State
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.dependencies import DailyQuota, ReplyServices
from falaai_chat.generation import SECONDS_TO_FINISH, Services, reply_pieces
from falaai_chat.markdown import to_html
from falaai_chat.polling import get_reply
from falaai_chat.questions import PendingReply, ask, edit_question, regenerate_reply
from falaai_chat.schemas import EditInput, LanguageInput, MessageInput
from falaai_chat.views import notice_of

router = APIRouter()


@router.post("/chat/message")
def send_message(
    question: MessageInput, session: CurrentSession, services: ReplyServices, quota: DailyQuota
) -> dict[str, Any]:
    """The whole reply at once: {response, language, html, conversation_id, question_id, message_id, seq,
    client_id, estado, aviso, restam}."""
    asked = ask(services.database, session, question, quota)
    return _whole_reply(services, asked, question.language, question.client_id)


@router.post("/chat/replies/{message_id}/regenerate")
def regenerate(
    message_id: int,
    session: CurrentSession,
    services: ReplyServices,
    quota: DailyQuota,
    options: LanguageInput | None = None,
) -> dict[str, Any]:
    """Answer again in the same place; the body of /chat/message."""
    asked = regenerate_reply(services.database, session, message_id, quota)
    return _whole_reply(services, asked, (options or LanguageInput()).language, None)


@router.post("/chat/messages/{message_id}/edit")
def edit(
    message_id: int, change: EditInput, session: CurrentSession, services: ReplyServices, quota: DailyQuota
) -> dict[str, Any]:
    """Replace a question, drop what followed, answer; the body of /chat/message."""
    asked = edit_question(services.database, session, message_id, change, quota)
    return _whole_reply(services, asked, change.language, change.client_id)


@router.get("/chat/replies/{message_id}")
def follow_reply(
    message_id: int, session: CurrentSession, database: Db, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """{estado, conteudo, next, erro, aviso, html}: the text from character `after` on and where the next will begin,
    counted in Unicode code points; the HTML of all of it once it has ended, and what there is to say of the end."""
    reply = get_reply(database, session, message_id)
    return {
        "estado": reply.state.value,
        "conteudo": reply.text[after:],
        "next": max(after, len(reply.text)),
        "erro": reply.error,
        "aviso": notice_of(reply.state, reply.error),
        "html": None if reply.state is State.GENERATING else to_html(reply.text),
    }


@router.post("/chat/replies/{message_id}/stop")
def stop(message_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """{estado}: interrompida, or how it had ended by then."""
    reply = get_reply(database, session, message_id)
    if reply.state is State.GENERATING and messages.update_stopped_reply(database, reply.id):
        return {"estado": State.INTERRUPTED.value}
    return {"estado": get_reply(database, session, message_id).state.value}


def _whole_reply(services: Services, asked: PendingReply, language: str, client_id: str | None) -> dict[str, Any]:
    seconds = seconds_left(settings.read(settings.ReplySettings).message_seconds, reserve=SECONDS_TO_FINISH)
    try:
        *_, ending = reply_pieces(services, asked, language, seconds)
    except LanguageModelError as error:
        text = str(error.facts.pop("text", ""))
        facts = {
            "client_id": client_id,
            "question_id": asked.question_id,
            "seq": asked.reply_seq,
            "restam": asked.left,
        }
        raise error.about(**facts, response=text, html=to_html(text)) from error
    assert isinstance(ending, Ending)  # noqa: S101 - the last of the pieces always is
    return {
        "response": ending.text,
        "language": language,
        "html": to_html(ending.text),
        "conversation_id": asked.conversation_id,
        "question_id": asked.question_id,
        "message_id": asked.reply_id,
        "seq": asked.reply_seq,
        "client_id": client_id,
        "estado": ending.state.value,
        "aviso": notice_of(ending.state, ending.error),
        "restam": asked.left,
    }
