"""Measure the build: python -m bench [PART...]. Without arguments, all parts run.

A part is a module of this folder with a function `table(stack)`, and has a block in docs/performance.md that receives
the table. Each part runs on its own devcloud. With DB=tidb it runs on TiDB; a table without a block for TiDB is only
printed.
"""

import sys
from importlib import import_module

from bench import results
from bench.built_stack import run_built_stack
from tests.support.database_server import DATABASE


def main(wanted: list[str]) -> int:
    parts = results.parts(results.RESULTS_PAGE.read_text())
    if unknown := set(wanted) - set(parts):
        print(f"bench: unknown part {', '.join(sorted(unknown))}; known parts: {', '.join(parts)}", file=sys.stderr)
        return 1
    stamp = results.stamp()
    for name in wanted or results.parts(results.RESULTS_PAGE.read_text(), DATABASE):
        with run_built_stack() as stack:
            table = import_module(f"bench.{name}").table(stack)
        print(f"\n{table}", flush=True)
        page = results.RESULTS_PAGE.read_text()
        results.RESULTS_PAGE.write_text(results.replace_block(page, name, f"{table}\n\n{stamp}", DATABASE))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
