"""Measures what was built: python -m bench [PART...]; without a part, all of them.

Each part is a module of this folder with `table(built)`, and a section in docs/performance.md that its tables are
written into. A part runs on a devcloud of its own.
"""

import sys
from importlib import import_module

from bench import results
from bench.built import running


def main(wanted: list[str]) -> int:
    parts = results.parts(results.PAPER.read_text())
    if unknown := set(wanted) - set(parts):
        print(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}", file=sys.stderr)
        return 1
    stamp = results.stamp()
    for name in wanted or parts:
        with running() as built:
            table = import_module(f"bench.{name}").table(built)
        print(f"\n{table}", flush=True)
        results.PAPER.write_text(results.with_tables(results.PAPER.read_text(), name, f"{table}\n\n{stamp}"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
