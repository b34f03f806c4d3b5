"""Print the number of rows that a cleanup would delete now, by kind. It deletes nothing."""

import json
import sys

from botocore.config import Config

from operations.stack import client, physical_id

# The function may run for 300 seconds; boto3 would give up after 60 and invoke it again.
ONE_LONG_CALL = Config(read_timeout=310, retries={"total_max_attempts": 1})


def main() -> int:
    name = physical_id("CleanupFunction")
    answer = client("lambda", ONE_LONG_CALL).invoke(FunctionName=name, Payload=json.dumps({"dry_run": True}))
    rows = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print(f"cleanup-preview: {rows.get('errorMessage', 'failed')}", file=sys.stderr)
        return 1
    for kind, count in rows.items():
        print(f"{count:>10}  {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
