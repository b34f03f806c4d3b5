"""Routes that read and stop a reply while another request generates it, and rate it when it has ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from falaai.citation_places import with_sources
from falaai.errors import NotFound
from falaai.repositories import running_replies, searched_replies
from falaai.repositories.messages import State
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.conversation_changes import rate_reply
from falaai_chat.markdown import to_html
from falaai_chat.pending_replies import get_reply
from falaai_chat.schemas import RatingInput
from falaai_chat.views import notice_of, search_shape

router = APIRouter()

# Google's HTML has styles of its own and links. Nothing in it may run or load, and its links open outside.
_SUGGESTIONS_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}


@router.get("/chat/replies/{message_id}")
def follow_reply(
    message_id: int, session: CurrentSession, database: Db, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Return {estado, conteudo, next, erro, aviso, html, pesquisa, com_fontes}.
    `conteudo` is the text from character `after` on, and `next` is the value of `after` for the next request.
    Characters are Unicode code points. `html` is null until the reply has ended, then the whole reply. `aviso` is a
    sentence about a reply that failed or was stopped, or null. `pesquisa` is its web search, or null.
    `com_fontes` is the whole text with the numbers of its sources and their list, or null without sources.
    """
    reply = get_reply(database, session, message_id)
    has_sources = reply.grounding is not None and bool(reply.grounding.sources)
    return {
        "estado": reply.state.value,
        "conteudo": reply.text[after:],
        "next": max(after, len(reply.text)),
        "erro": reply.error,
        "aviso": notice_of(reply.text, reply.state, reply.error),
        "html": None if reply.state is State.GENERATING else to_html(reply.text, grounding=reply.grounding),
        "pesquisa": search_shape(reply.grounding),
        "com_fontes": with_sources(reply.text, reply.grounding) if has_sources else None,
    }


@router.get("/chat/replies/{message_id}/sugestoes", response_class=HTMLResponse)
def search_suggestions(message_id: int, session: CurrentSession, database: Db) -> HTMLResponse:
    """Return Google's suggestions of searches, unaltered, for a frame without rights below the reply."""
    suggestions = searched_replies.find_suggestions(database, session.user_id, message_id)
    if suggestions is None:
        raise NotFound("suggestions")
    return HTMLResponse(suggestions, headers=_SUGGESTIONS_HEADERS)


@router.post("/chat/replies/{message_id}/stop")
def stop(message_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """Stop the reply. Return {estado}: interrompida, or the state in which the reply had already ended."""
    reply = get_reply(database, session, message_id)
    if reply.state is State.GENERATING and running_replies.update_stopped_reply(database, reply.id):
        return {"estado": State.INTERRUPTED.value}
    return {"estado": get_reply(database, session, message_id).state.value}


@router.put("/chat/replies/{message_id}/rating")
def rate(message_id: int, written: RatingInput, session: CurrentSession, database: Db) -> dict[str, str | None]:
    """Rate a reply with `nota` (boa or ruim) and, for a bad one, a `motivo`; null takes the rating back.
    `motivo` is incorreta, fora_do_pedido, tamanho, tom, ofensiva or outra. Return {nota, motivo}.
    """
    rate_reply(database, session, message_id, written)
    return {"nota": written.nota, "motivo": written.motivo}
