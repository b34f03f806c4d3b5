"""Lambda entry point of the memory domain."""

from falaai.batches import batch_handler
from falaai.queue_messages import FoldingRequested
from falaai_memory.folding import handle

handler = batch_handler(FoldingRequested, handle)
