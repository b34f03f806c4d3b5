"""Lambda entry point of the titles function: titles of new conversations."""

from falaai import cold_start
from falaai.batches import batch_handler
from falaai.queue_messages import TitleRequested
from falaai_titles.worker import handle

handler = cold_start.end_cold_start(batch_handler(TitleRequested, handle))
