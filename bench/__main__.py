"""Measures what was built: python -m bench [PART...]; without a part, all of them.

Each part is a module of this folder with `table(built)`, and a section in docs/performance.md that its tables are
written into. A part runs on a devcloud of its own.
"""

import sys
from importlib import import_module

from bench import paper
from bench.built import running


def main(wanted: list[str]) -> int:
    parts = paper.parts(paper.PAPER.read_text())
    if unknown := set(wanted) - set(parts):
        print(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}", file=sys.stderr)
        return 1
    stamp = paper.stamp()
    for name in wanted or parts:
        with running() as built:
            table = import_module(f"bench.{name}").table(built)
        print(f"\n{table}", flush=True)
        paper.PAPER.write_text(paper.with_tables(paper.PAPER.read_text(), name, f"{table}\n\n{stamp}"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
