"""Refuses the start when .env asks for it."""

import os
import sys

if os.environ["GREETING"] == "unwanted":
    sys.exit("GREETING must not be unwanted.")
