"""Seed of tests that act at random: fixed in `make test`, new in each `make test-faults` unless SEED is set."""

import os
import random

from tests.support.waiting import IS_WHOLE

FIXED_SEED = 7
SEED = int(os.environ.get("SEED") or (random.randrange(10**6) if IS_WHOLE else FIXED_SEED))
