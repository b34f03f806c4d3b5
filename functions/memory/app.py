"""Lambda entry point of the memory function: summaries of long conversations, and digests of attached files."""

from falaai import cold_start
from falaai.batches import batch_handler
from falaai_memory.worker import MemoryRequested, give_up, handle

handler = cold_start.end_cold_start(batch_handler(MemoryRequested, handle, give_up))
