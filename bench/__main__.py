"""Measure the build: python -m bench [PART...]. Without arguments, all parts run.

A part is a module of this folder with a function `table(stack)`, and has a block in docs/performance.md or
docs/operations.md that receives the table. Each part runs on its own devcloud. With DB=tidb it runs on TiDB; a table
without a block for TiDB is only printed.
"""

import sys
from importlib import import_module

from bench import results
from bench.built_stack import run_built_stack
from tests.support.database_server import DATABASE


def main(wanted: list[str]) -> int:
    parts = _parts("mariadb")
    if unknown := set(wanted) - set(parts):
        print(f"bench: unknown part {', '.join(sorted(unknown))}; known parts: {', '.join(parts)}", file=sys.stderr)
        return 1
    stamp = results.stamp()
    for name in wanted or _parts(DATABASE):
        with run_built_stack() as stack:
            table = import_module(f"bench.{name}").table(stack)
        print(f"\n{table}", flush=True)
        for page in results.pages_with(name, DATABASE):
            page.write_text(results.replace_block(page.read_text(), name, f"{table}\n\n{stamp}", DATABASE))
    return 0


def _parts(database: str) -> list[str]:
    return [part for page in results.PAGES for part in results.parts(page.read_text(), database)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
