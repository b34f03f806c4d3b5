"""Web function of the test project: the last part of the path selects its behaviour."""

import json
import os
import sys
import time

import shared_words


def handler(event, context):
    began = time.monotonic()
    what = (event["pathParameters"] or {}).get("what")
    if event["resource"] == "/impatient" or what == "sleep":
        time.sleep(float((event["queryStringParameters"] or {}).get("seconds", 1)))
    if what == "echo":
        headers = {"Content-Type": "application/octet-stream"}
        return {"statusCode": 200, "headers": headers, "body": event["body"], "isBase64Encoded": True}
    if what == "malformed":
        return {"statusCode": "two hundred"}
    if what == "raise":
        raise ValueError("on purpose")
    if what == "cookies":
        return {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": "ok"}
    answer = {
        "event": event,
        "environment": dict(os.environ),
        "thanks": shared_words.THANKS,
        "pid": os.getpid(),
        "began": began,
        "ended": time.monotonic(),
        "path": sys.path,
        "milliseconds": context.get_remaining_time_in_millis(),
        "version": "first",
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
