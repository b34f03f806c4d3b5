"""The saved prompts: the page, and its JSON routes."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.repositories import saved_prompts
from falaai.repositories.saved_prompts import (
    MOST_PROMPTS,
    PROMPT_MAX_CHARACTERS,
    PROMPT_TITLE_MAX_CHARACTERS,
    SavedPrompt,
)
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai_auth.prompt_library import change_prompt, remove_prompt, save_prompt
from falaai_auth.schemas import PromptInput

router = APIRouter()


@router.get("/mensagens-prontas", response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)
def prompts_page(request: Request, session: CurrentSession, database: Db) -> Response:
    """Show the saved prompts, to add, edit and delete them."""
    values = {
        "prompts": [_view(one) for one in saved_prompts.list_prompts(database, session.user_id)],
        "title_max": PROMPT_TITLE_MAX_CHARACTERS,
        "text_max": PROMPT_MAX_CHARACTERS,
        "prompts_max": MOST_PROMPTS,
    }
    return pages.page(request, "mensagens_prontas.html", values)


@router.get("/prompts")
def list_prompts(session: CurrentSession, database: Db) -> list[dict[str, Any]]:
    """Return [{id, titulo, texto}], newest first. `___` in a text is a gap for other words."""
    return [_view(one) for one in saved_prompts.list_prompts(database, session.user_id)]


@router.post("/prompts", status_code=201)
def add_prompt(form: PromptInput, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Save a prompt. Return 201 {id, titulo, texto}. One user has at most 100."""
    return _view(database.transaction(lambda sql: save_prompt(sql, session, form)))


@router.patch("/prompts/{prompt_id}")
def change_one_prompt(prompt_id: int, form: PromptInput, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Replace title and text of a prompt. Return {id, titulo, texto}."""
    return _view(database.transaction(lambda sql: change_prompt(sql, session, prompt_id, form)))


@router.delete("/prompts/{prompt_id}")
def delete_prompt(prompt_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """Delete a prompt. Return 200 {message}."""
    remove_prompt(database, session, prompt_id)
    return {"message": texts.PROMPT_DELETED}


def _view(prompt: SavedPrompt) -> dict[str, Any]:
    return {"id": prompt.id, "titulo": prompt.title, "texto": prompt.text}
