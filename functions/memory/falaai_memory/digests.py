"""Writing the digest of a file with the model, and the transcript of a sound."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from falaai.conversation_memory import Turn
from falaai.errors import ModelMalformed
from falaai.language_model import LanguageModel, MediaFile, Prompt, ask
from falaai.repositories.files import Kind
from falaai.repositories.sent_attachments import DIGEST_CHARACTERS

# A sound of 15 minutes has about 2,500 words. Its transcript takes the model a minute or more.
ANSWER_SECONDS = 100.0
DIGEST_TOKENS = 2048
TRANSCRIPT_TOKENS = 16_384
QUESTION = "Escreva a ficha deste arquivo."


@dataclass(frozen=True)
class Digest:
    """The digest of a file, of at most DIGEST_CHARACTERS. Only a sound has a transcript."""

    text: str
    transcript: str | None = None


def write_digest(model: LanguageModel, file: MediaFile) -> Digest:
    """Ask the model for the digest of a file. Raises a LanguageModelError."""
    is_sound = file.kind is Kind.AUDIO
    prompt = Prompt(
        _prompt("transcript_prompt.txt" if is_sound else "digest_prompt.txt"),
        (Turn(1, "usuario", QUESTION),),
        TRANSCRIPT_TOKENS if is_sound else DIGEST_TOKENS,
        files=(file,),
    )
    answer = ask(model, prompt, ANSWER_SECONDS)
    return read_transcript(answer) if is_sound else Digest(shortened(answer))


def read_transcript(answer: str) -> Digest:
    """Read the model's JSON, which may stand in a code block. Raises ModelMalformed."""
    try:
        values = json.loads(answer[answer.index("{") : answer.rindex("}") + 1], strict=False)
        digest, transcript = values["ficha"], values["transcricao"]
    except (ValueError, KeyError) as error:
        raise ModelMalformed("not the JSON of a transcript") from error
    if not (isinstance(digest, str) and isinstance(transcript, str) and digest.strip()):
        raise ModelMalformed("a transcript without texts")
    return Digest(shortened(digest.strip()), transcript.strip())


def shortened(text: str) -> str:
    """Return at most DIGEST_CHARACTERS, in whole words."""
    if len(text) <= DIGEST_CHARACTERS:
        return text
    begin = text[: DIGEST_CHARACTERS - 1]
    return f"{begin.rsplit(maxsplit=1)[0] or begin}…"


@cache
def _prompt(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8").strip()
