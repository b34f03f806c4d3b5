"""Measures what was built and prints tables: python -m bench [PART...]; without a part, all of them."""

import sys
from collections.abc import Callable

from bench import cold_start, size, statements, streaming_page
from bench.built import Built, running

PARTS: dict[str, Callable[[Built], str]] = {
    "size": size.table,
    "cold_start": cold_start.table,
    "statements": statements.table,
    "streaming_page": streaming_page.table,
}


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - set(PARTS):
        print(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 1
    with running() as built:
        for name in wanted or PARTS:
            print(f"\n{PARTS[name](built)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
