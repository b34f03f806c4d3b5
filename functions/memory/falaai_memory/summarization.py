"""Writing the running summary of a conversation with the model, and facts that the user told in it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS, SummaryPlan, Turn, quoted, quoted_turns
from falaai.errors import LanguageModelError, ModelSilent, RetryLater
from falaai.fact_extraction import FACTS_TOKENS, numbered, read_answer, request_for
from falaai.fact_rules import NewFact, Sentence
from falaai.language_model import LanguageModel, Prompt, ask

ANSWER_SECONDS = 40.0
MAX_TOKENS = 1024


def write_summary(
    model: LanguageModel, summary: str, plan: SummaryPlan, sentences: Sequence[Sentence] = ()
) -> tuple[str, list[NewFact]]:
    """Return a summary of the old summary and the planned turns, and facts from the sentences.

    The summary has at most SUMMARY_MAX_CHARACTERS characters. Raises RetryLater if the model fails.
    """
    text = f"Resumo atual:\n{quoted(summary) or '(vazio)'}\n\nFalas seguintes:\n{quoted_turns(plan.turns)}"
    system, text = request_for(_prompt(), "o resumo", sentences), text + numbered(sentences)
    prompt = Prompt(system, (Turn(1, "usuario", text),), MAX_TOKENS + (FACTS_TOKENS if sentences else 0))
    try:
        answer, facts = read_answer(ask(model, prompt, ANSWER_SECONDS), sentences)
        if not answer:
            raise ModelSilent("a summary without text")
    except LanguageModelError as error:
        raise RetryLater(error.code) from error
    return answer[:SUMMARY_MAX_CHARACTERS], facts


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text(encoding="utf-8").strip()
