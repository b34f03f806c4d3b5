"""Lambda entry point of the email domain."""

from falaai.at_start import ready
from falaai.batches import batch_handler
from falaai.queue_messages import LetterRequested
from falaai_email.sending import handle

handler = ready(batch_handler(LetterRequested, handle))
