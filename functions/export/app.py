"""Lambda entry point of the export function: archives of all data of a user."""

from falaai import cold_start
from falaai.batches import batch_handler
from falaai.queue_messages import ExportRequested
from falaai_export.worker import handle

handler = cold_start.end_cold_start(batch_handler(ExportRequested, handle))
