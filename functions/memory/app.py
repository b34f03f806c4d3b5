"""Lambda entry point of the memory function: summaries of long conversations."""

from falaai import cold_start
from falaai.batches import batch_handler
from falaai.queue_messages import SummaryRequested
from falaai_memory.worker import handle

handler = cold_start.end_cold_start(batch_handler(SummaryRequested, handle))
