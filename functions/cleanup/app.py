"""Lambda entry point of the cleanup function: deletion of unused and expired data."""

from falaai import cold_start
from falaai_cleanup.worker import handle

handler = cold_start.end_cold_start(handle)
