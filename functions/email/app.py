"""Lambda entry point of the email domain."""

from falaai.batches import batch_handler
from falaai.queue_messages import LetterRequested
from falaai_email.sending import handle

handler = batch_handler(LetterRequested, handle)
