"""Print the number of rows that a cleanup would delete now, by kind. It deletes nothing."""

import json
import sys

from stack import client, physical_id


def main() -> int:
    name = physical_id("CleanupFunction")
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps({"dry_run": True}))
    rows = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print(f"cleanup-preview: {rows.get('errorMessage', 'failed')}", file=sys.stderr)
        return 1
    for kind, count in rows.items():
        print(f"{count:>10}  {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
