"""Print how users rated replies in the last days, by rating, reason and model. It shows no text and no user."""

import json
import sys

from operations.stack import client, physical_id

DAYS = 30


def main(days: int) -> int:
    answer = client("lambda").invoke(
        FunctionName=physical_id("CleanupFunction"), Payload=json.dumps({"ratings": days})
    )
    counts = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print(f"ratings: {counts.get('errorMessage', 'failed')}", file=sys.stderr)
        return 1
    if not counts:
        print(f"no ratings in the last {days} days")
    for one in sorted(counts, key=lambda one: (one["rating"], -one["count"])):
        print(f"{one['count']:>10}  {one['rating']:<5} {one['reason'] or '-':<15} {one['model'] or '-'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else DAYS))
