"""Lambda entry point of the cleanup domain."""

from falaai.at_start import ready
from falaai_cleanup.schedule import handle

handler = ready(handle)
