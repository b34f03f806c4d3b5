"""Queue worker of the test project: logs each message in a journal; `failures` is how often a message fails."""

import json
import os
import pathlib


def handler(event, context):
    if "big" in event:
        return "x" * event["big"]
    if "Records" not in event:
        return {"answer": event}
    failures = []
    for record in event["Records"]:
        message = json.loads(record["body"])
        count = int(record["attributes"]["ApproximateReceiveCount"])
        with pathlib.Path(os.environ["JOURNAL"]).open("a") as journal:
            journal.write(json.dumps({"name": message["name"], "count": count, "record": record}) + "\n")
        if count <= message.get("failures", 0):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
