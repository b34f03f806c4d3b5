"""Server of the test project. It streams five pieces, 0.2 seconds apart.

The query `wish` makes it wait, stall, die, break off or describe the request; `bytes` asks for that many.
"""

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import parse_qsl

HEADERS = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


async def application(scope, receive, send):
    query = dict(parse_qsl(scope["query_string"].decode()))
    wish = query.get("wish", "")
    if wish.startswith("tell") or scope["path"] == "/events":  # the path of events that are no requests
        await tell(scope, receive, send)
        return
    headers = [*HEADERS, (b"x-path", scope["path"].encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/":  # the readiness check
        await send({"type": "http.response.body"})
    elif "bytes" in query:
        await send({"type": "http.response.body", "body": b"x" * int(query["bytes"])})
    else:
        await stream(wish, scope, receive, send)


async def tell(scope, receive, send):
    told = {
        "method": scope["method"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[one.decode() for one in pair] for pair in scope["headers"]],
        "body": (await receive())["body"].decode(errors="replace"),
    }
    headers = [*HEADERS, (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


async def stream(wish, scope, receive, send):
    body = (await receive())["body"].decode()
    context = dict(scope["headers"]).get(b"x-amzn-request-context", b"{}")
    first = json.dumps({"body": body, "stage": json.loads(context)["stage"]}) + "\n"
    await send({"type": "http.response.body", "body": first.encode(), "more_body": True})
    while wish == "wait" and not Path(os.environ["JOURNAL"]).with_name("go").exists():
        await asyncio.sleep(0.02)
    for number in range(5):
        await asyncio.sleep(30 if wish == "stall" else 0.2)
        if wish == "die" and number == 2:
            os.kill(os.getpid(), 9)
        if wish == "break" and number == 2:
            raise RuntimeError("on purpose")
        await send({"type": "http.response.body", "body": f"{number}\n".encode(), "more_body": True})
    Path(os.environ["JOURNAL"]).write_text(wish)
    await send({"type": "http.response.body"})
