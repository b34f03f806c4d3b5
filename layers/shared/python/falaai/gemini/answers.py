"""An answer of Gemini while it arrives: its text, model, tokens, search and ending."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from falaai.errors import ModelBlocked, ModelCutShort, ModelInterrupted, ModelSilent
from falaai.grounding import Grounding, GroundingMetadata
from falaai.language_model import Prompt, Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk


@dataclass
class Answer:
    """The parts of one answer that have arrived."""

    model: str = ""
    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    finish_reason: str | None = None
    grounding_metadata: GroundingMetadata = field(default_factory=GroundingMetadata)

    @property
    def usage(self) -> Usage:
        return Usage(self.model, self.tokens_in, self.tokens_out)

    def add(self, chunk: "AIMessageChunk") -> str:
        """Add one chunk. Its token counts exclude earlier chunks. Returns its text."""
        if chunk.usage_metadata:
            self.tokens_in += chunk.usage_metadata["input_tokens"]
            self.tokens_out += chunk.usage_metadata["output_tokens"]
        metadata = chunk.response_metadata
        is_blocked = (metadata.get("prompt_feedback") or {}).get("block_reason")
        # The model that really answers: Google may route a name to another model. The last chunk has it.
        self.model = metadata.get("model_name") or self.model
        self.finish_reason = ("SAFETY" if is_blocked else metadata.get("finish_reason")) or self.finish_reason
        if found := metadata.get("grounding_metadata"):
            self.grounding_metadata.add(found)
        text = str(chunk.text)
        self.text += text
        return text

    def grounding(self, prompt: Prompt) -> Grounding | None:
        """Return the search of this answer, or None if the prompt allowed none."""
        return self.grounding_metadata.grounding(self.text) if prompt.searches else None

    def partial_grounding(self, prompt: Prompt) -> Grounding | None:
        """Return the search of an answer that failed, or None if its metadata, which come last, are missing."""
        found = self.grounding(prompt)
        return None if found and found.notice else found

    def check_ending(self) -> None:
        """Raise an error for refusals, limits and blank answers, which Gemini reports as ordinary endings."""
        if self.finish_reason == "MAX_TOKENS":
            raise ModelCutShort("the model reached its limit of tokens")
        if self.finish_reason not in (None, "STOP"):
            raise ModelBlocked(f"finish reason {self.finish_reason}")
        if not self.text:
            raise ModelSilent("the model finished without a word")
        if self.finish_reason is None:
            raise ModelInterrupted("the stream ended without a finish reason")
