"""Preparing a process for its first reply, while a user opens the chat page and types."""

from fastapi import APIRouter, Depends

from falaai.deadlines import within
from falaai.logs import logger
from falaai.web.current_user import require_session
from falaai_chat.dependencies import Model
from falaai_chat.markdown import to_html

# In all. A process without LangChain needs about 2 s on Lambda.
WARM_UP_SECONDS = 10

router = APIRouter()


@router.post("/chat/warm-up", status_code=204, dependencies=[Depends(require_session)])
def warm_up(model: Model) -> None:
    """Import LangChain and the Markdown parser, and open the connection to Gemini.

    Reading the session has opened the connection to the database. The page does not wait for the answer: a failure is
    logged and answered with 204 as well.
    """
    try:
        to_html("Oi")
        within(WARM_UP_SECONDS, model.warm_up)
    except Exception as error:  # noqa: BLE001 - the next reply does the same work and reports its failure
        logger().warning("warm-up failed", extra={"reason": type(error).__name__})
