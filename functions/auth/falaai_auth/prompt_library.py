"""The messages that a user saves, to send them again."""

from falaai.database import Statements
from falaai.errors import InvalidInput, NotFound
from falaai.repositories import saved_prompts, users
from falaai.repositories.saved_prompts import MOST_PROMPTS, SavedPrompt
from falaai.repositories.sessions import Session
from falaai.web import texts
from falaai_auth.schemas import PromptInput


def save_prompt(sql: Statements, session: Session, written: PromptInput) -> SavedPrompt:
    """Add a prompt. Raises InvalidInput beyond MOST_PROMPTS."""
    users.lock_user(sql, session.user_id)  # so that requests at once count one after the other
    if saved_prompts.count_prompts(sql, session.user_id) >= MOST_PROMPTS:
        raise InvalidInput("titulo", texts.PROMPTS_FULL)
    prompt_id = saved_prompts.add_prompt(sql, session.user_id, written.titulo, written.texto)
    return _get_prompt(sql, session, prompt_id)


def change_prompt(sql: Statements, session: Session, prompt_id: int, written: PromptInput) -> SavedPrompt:
    """Replace title and text. Raises NotFound, also for another user's prompt."""
    saved_prompts.update_prompt(sql, session.user_id, prompt_id, written.titulo, written.texto)
    return _get_prompt(sql, session, prompt_id)


def remove_prompt(sql: Statements, session: Session, prompt_id: int) -> None:
    """Delete a prompt. Raises NotFound, also for another user's prompt."""
    if not saved_prompts.delete_prompt(sql, session.user_id, prompt_id):
        raise NotFound("prompt")


def _get_prompt(sql: Statements, session: Session, prompt_id: int) -> SavedPrompt:
    prompt = saved_prompts.find_prompt(sql, session.user_id, prompt_id)
    if prompt is None:
        raise NotFound("prompt")
    return prompt
