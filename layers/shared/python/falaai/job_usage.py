"""The model calls of workers count for the user: titles, summaries, digests and transcripts.

No limit depends on them. A blocked user gets none of these jobs; they are requested again after the block.
"""

from collections.abc import Generator
from contextlib import closing
from datetime import date

from falaai.database import Database
from falaai.errors import DatabaseUnavailable
from falaai.language_model import Completed, Failed, LanguageModel, ModelEvent, Prompt, Usage
from falaai.logs import logger
from falaai.model_costs import answer_microdollars
from falaai.repositories import usage, users
from falaai.sao_paulo import day_of


class CountingModel:
    """A model that counts the tokens and the cost of each answer, also of a failed one, in a user's day.

    The answer is counted whatever becomes of it: it was paid for, even if another job was faster.
    """

    def __init__(self, database: Database, model: LanguageModel, user_id: int, day: date) -> None:
        self._database = database
        self._model = model
        self._user_id = user_id
        self._day = day

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        """See LanguageModel."""
        with closing(self._model.stream(prompt, seconds)) as events:
            for event in events:
                if isinstance(event, Completed | Failed):
                    self._count(event.usage)
                yield event

    def warm_up(self) -> None:
        """See LanguageModel."""
        self._model.warm_up()

    def _count(self, used: Usage) -> None:
        tokens = (used.tokens_in, used.tokens_out)
        if not any(tokens):
            return
        cost = answer_microdollars(used.model, *tokens)
        try:
            usage.add_job_use(self._database, self._user_id, self._day, *tokens, cost)
        except DatabaseUnavailable as error:  # a further try of the job would be paid for again
            logger().warning("tokens not counted", extra={"user_id": self._user_id, "reason": str(error)})


def model_for_job(database: Database, model: LanguageModel, user_id: int) -> CountingModel | None:
    """Return the model for a job of a user. Returns None if the account is blocked or deleted."""
    now = users.find_active_time(database, user_id)
    if now is None:
        logger().info("job left out, the account is blocked or deleted", extra={"user_id": user_id})
        return None
    return CountingModel(database, model, user_id, day_of(now))
