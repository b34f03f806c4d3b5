"""The memory that a user sees: the page, and its JSON routes."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.fact_rules import FACT_MAX_CHARACTERS
from falaai.repositories import facts, personal_notes
from falaai.repositories.facts import MOST_FACTS, Fact
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai.web.dates import in_words
from falaai_auth.personal_memory import add_fact, change_fact, forget_all, forget_fact
from falaai_auth.schemas import FactInput, MemoryChange

router = APIRouter()


@router.get("/memoria", response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)
def memory_page(request: Request, session: CurrentSession, database: Db) -> Response:
    """Show the facts, each with a link to its message, and the pause."""
    listed = [
        {**_view(request, fact), "quando": in_words(fact.created_at, session.now)}
        for fact in facts.list_facts(database, session.user_id)
    ]
    values = {
        "facts": listed,
        "is_paused": personal_notes.has_pause(database, session.user_id),
        "fact_max": FACT_MAX_CHARACTERS,
        "facts_max": MOST_FACTS,
    }
    return pages.page(request, "memoria.html", values)


@router.get("/memory")
def read_memory(request: Request, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Return {pausada, fatos}. A fact is {id, texto, criado_em, conversation_id, seq, mensagem}, newest first.

    `mensagem` is the path of the page with the message that the fact comes from. It is null, as `conversation_id` and
    `seq` are, for a fact that the user wrote, and if the message is hidden or deleted.
    """
    listed = [_view(request, fact) for fact in facts.list_facts(database, session.user_id)]
    return {"pausada": personal_notes.has_pause(database, session.user_id), "fatos": listed}


@router.post("/memory", status_code=201)
def add_to_memory(form: FactInput, request: Request, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Add a fact that the user wrote. Return 201 with the fact, as in GET /memory."""
    return _view(request, database.transaction(lambda sql: add_fact(sql, session, form.texto)))


@router.patch("/memory")
def change_memory(change: MemoryChange, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Pause the memory, or let it go on. Return {pausada, message}.

    During a pause no fact is stored from messages, and no prompt has a fact.
    """
    personal_notes.update_pause(database, session.user_id, change.pausada)
    message = texts.MEMORY_PAUSED if change.pausada else texts.MEMORY_GOES_ON
    return {"pausada": change.pausada, "message": message}


@router.delete("/memory")
def forget_memory(session: CurrentSession, database: Db) -> dict[str, Any]:
    """Delete all facts. Return {message, apagados}, the number of facts."""
    count = database.transaction(lambda sql: forget_all(sql, session))
    return {"message": texts.MEMORY_FORGOTTEN, "apagados": count}


@router.patch("/memory/{fact_id}")
def change_one_fact(
    fact_id: int, form: FactInput, request: Request, session: CurrentSession, database: Db
) -> dict[str, Any]:
    """Replace the text of a fact, which then comes from no message. Return the fact, as in GET /memory."""
    return _view(request, database.transaction(lambda sql: change_fact(sql, session, fact_id, form.texto)))


@router.delete("/memory/{fact_id}")
def forget_one_fact(fact_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """Delete a fact. Return 200 {message}."""
    forget_fact(database, session, fact_id)
    return {"message": texts.FACT_FORGOTTEN}


def _view(request: Request, fact: Fact) -> dict[str, Any]:
    is_placed = fact.conversation_id is not None
    return {
        "id": fact.id,
        "texto": fact.text,
        "criado_em": fact.created_at.isoformat(timespec="milliseconds") + "Z",
        "conversation_id": fact.conversation_id,
        "seq": fact.seq,
        "mensagem": pages.address(request, f"/chat/{fact.conversation_id}?m={fact.seq}") if is_placed else None,
    }
