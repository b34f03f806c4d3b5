"""Writing the running summary of a conversation with the model."""

from functools import cache
from pathlib import Path

from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS, SummaryPlan, Turn, quoted, quoted_turns
from falaai.errors import LanguageModelError, RetryLater
from falaai.language_model import LanguageModel, Prompt, ask

ANSWER_SECONDS = 40.0
MAX_TOKENS = 1024


def write_summary(model: LanguageModel, summary: str, plan: SummaryPlan) -> str:
    """Return a summary of the old summary and the planned turns, of at most SUMMARY_MAX_CHARACTERS characters.

    Raises RetryLater if the model fails.
    """
    text = f"Resumo atual:\n{quoted(summary) or '(vazio)'}\n\nFalas seguintes:\n{quoted_turns(plan.turns)}"
    try:
        answer = ask(model, Prompt(_prompt(), (Turn(1, "usuario", text),), MAX_TOKENS), ANSWER_SECONDS)
    except LanguageModelError as error:
        raise RetryLater(error.code) from error
    return answer[:SUMMARY_MAX_CHARACTERS]


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text(encoding="utf-8").strip()
