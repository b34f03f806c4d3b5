"""Lambda entry point of the memory domain."""

from falaai.at_start import ready
from falaai.batches import batch_handler
from falaai.queue_messages import FoldingRequested
from falaai_memory.folding import handle

handler = ready(batch_handler(FoldingRequested, handle))
