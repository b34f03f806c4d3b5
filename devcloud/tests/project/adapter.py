#!/usr/bin/env python3
"""A Web Adapter that streams two pieces itself. The query `wish` makes it send no metadata, or end in mid-stream."""

import http.client
import json
import os
import time

API = os.environ["AWS_LAMBDA_RUNTIME_API"]


def request(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(API)
    connection.request(method, path, body, headers or {}, encode_chunked=body is not None)
    answer = connection.getresponse()
    answer.read()
    return answer


def pieces(event):
    wish = (event["queryStringParameters"] or {}).get("wish")
    if wish == "no-metadata":
        yield b"x" * 20_000
        return
    metadata = {"statusCode": 201, "headers": {"X-One": "1", "X-Two": ["a", "b"]}, "cookies": ["c=1", "d=2"]}
    yield json.dumps(metadata).encode() + bytes(5)
    yield bytes(3) + b"first "
    if wish == "end":
        os._exit(1)
    time.sleep(0.1)
    yield b"second"


registered = request("POST", "/2020-01-01/extension/register", b"{}", {"Content-Length": "2"})
assert registered.headers["Lambda-Extension-Identifier"]
while True:
    connection = http.client.HTTPConnection(API)
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event, request_id = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked"}
    request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", pieces(event), headers)
