"""Check command of the test project: fails if .env sets GREETING=unwanted."""

import os
import sys

import shared_words

if os.environ["GREETING"] == "unwanted":
    print("a first line", file=sys.stderr)
    sys.exit("GREETING must not be unwanted.")
print(shared_words.THANKS)
