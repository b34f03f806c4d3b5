"""Refuses the start when .env asks for it."""

import os
import sys

import shared_words

if os.environ["GREETING"] == "unwanted":
    print("a first line", file=sys.stderr)
    sys.exit("GREETING must not be unwanted.")
print(shared_words.THANKS)
