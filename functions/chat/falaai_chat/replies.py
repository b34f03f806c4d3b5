"""Routes of replies."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from falaai import settings
from falaai.errors import LanguageModelError
from falaai.language_model import LanguageModel, count_tokens, language_model
from falaai.markdown import to_html
from falaai.queues import Queues, queues
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.answering import ask_for_afterwork, generate
from falaai_chat.asking import Asked, ask
from falaai_chat.inputs import MessageInput
from falaai_chat.prompts import build_prompt

# Gateway 29 s > function 28 > ours 25 > Gemini 20.
ANSWER_SECONDS = 20.0

router = APIRouter()

Model = Annotated[LanguageModel, Depends(language_model)]
Sender = Annotated[Queues, Depends(queues)]


@router.post("/chat/message")
def send_message(
    question: MessageInput, session: CurrentSession, database: Db, model: Model, sender: Sender
) -> dict[str, Any]:
    """The whole reply at once: {response, language, html, conversation_id, message_id, client_id}."""
    asked = ask(database, session, question)
    if asked.answered:
        return _body(question, asked, asked.answered.text)
    limit = settings.read(settings.MemorySettings).memory_tokens
    prompt = build_prompt(asked.conversation.summary, asked.turns, limit, count_tokens, question.language)
    try:
        text = "".join(generate(database, model, asked, prompt, ANSWER_SECONDS))
    except LanguageModelError as error:
        raise error.about(conversation_id=asked.conversation.id, message_id=asked.reply_id) from error
    ask_for_afterwork(sender, asked, text, limit)
    return _body(question, asked, text)


def _body(question: MessageInput, asked: Asked, text: str) -> dict[str, Any]:
    return {
        "response": text,
        "language": question.language,
        "html": to_html(text),
        "conversation_id": asked.conversation.id,
        "message_id": asked.reply_id,
        "client_id": question.client_id,
    }
