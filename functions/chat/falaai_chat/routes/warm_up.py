"""Preparing a process for its first reply, while a user opens the chat page and types."""

from fastapi import APIRouter, Depends

from falaai.deadlines import within
from falaai.logs import logger
from falaai.web.current_user import CurrentSession
from falaai_chat.dependencies import ReplyServices, get_quotas
from falaai_chat.generation import warm_up_reply
from falaai_chat.markdown import to_html
from falaai_chat.schemas import DEFAULT_LANGUAGE

# Time limit of the whole warm-up. On Lambda it takes about 2 s if LangChain is not imported yet.
WARM_UP_SECONDS = 10

router = APIRouter()


@router.post("/chat/warm-up", status_code=204, dependencies=[Depends(get_quotas)])
def warm_up(session: CurrentSession, services: ReplyServices) -> None:
    """Import LangChain and the Markdown parser, and open the connection to Gemini.

    Reading the session has opened the connection to the database. The page does not wait for the answer: a failure is
    logged and answered with 204 as well.
    """
    try:
        to_html("Oi")
        within(WARM_UP_SECONDS, lambda: warm_up_reply(services.model, session.now, DEFAULT_LANGUAGE))
    except Exception as error:  # noqa: BLE001 - the next reply does the same work and reports its failure
        logger().warning("warm-up failed", extra={"reason": type(error).__name__})
