"""Lambda entry point of the cleanup domain."""

from falaai import cold_start
from falaai_cleanup.worker import handle

handler = cold_start.end_cold_start(handle)
