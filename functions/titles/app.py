"""Lambda entry point of the titles domain."""

from falaai.at_start import ready
from falaai.batches import batch_handler
from falaai.queue_messages import TitleRequested
from falaai_titles.titling import handle

handler = ready(batch_handler(TitleRequested, handle))
