"""Lambda entry point of the email function: emails through SendGrid."""

from falaai import cold_start
from falaai.batches import batch_handler
from falaai.queue_messages import EmailRequested
from falaai_email.worker import handle

handler = cold_start.end_cold_start(batch_handler(EmailRequested, handle))
