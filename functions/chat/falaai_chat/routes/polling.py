"""Routes that read and stop a reply while another request generates it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from falaai.repositories import messages
from falaai.repositories.messages import State
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.markdown import to_html
from falaai_chat.pending_replies import get_reply
from falaai_chat.views import notice_of

router = APIRouter()


@router.get("/chat/replies/{message_id}")
def follow_reply(
    message_id: int, session: CurrentSession, database: Db, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Return {estado, conteudo, next, erro, aviso, html}.
    `conteudo` is the text from character `after` on, and `next` is the value of `after` for the next request.
    Characters are Unicode code points. `html` is null until the reply has ended, then the whole reply. `aviso` is a
    sentence about a reply that failed or was stopped, or null.
    """
    reply = get_reply(database, session, message_id)
    return {
        "estado": reply.state.value,
        "conteudo": reply.text[after:],
        "next": max(after, len(reply.text)),
        "erro": reply.error,
        "aviso": notice_of(reply.text, reply.state, reply.error),
        "html": None if reply.state is State.GENERATING else to_html(reply.text),
    }


@router.post("/chat/replies/{message_id}/stop")
def stop(message_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """Stop the reply. Return {estado}: interrompida, or the state in which the reply had already ended."""
    reply = get_reply(database, session, message_id)
    if reply.state is State.GENERATING and messages.update_stopped_reply(database, reply.id):
        return {"estado": State.INTERRUPTED.value}
    return {"estado": get_reply(database, session, message_id).state.value}
