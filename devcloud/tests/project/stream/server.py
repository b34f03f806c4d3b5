"""Stream five pieces, 0.2 seconds apart. The query `wish` makes it wait, stall or die; `bytes` asks for that many."""

import asyncio
import json
import os
from pathlib import Path


async def application(scope, receive, send):
    wish = scope["query_string"].decode().removeprefix("wish=")
    context = dict(scope["headers"]).get(b"x-amzn-request-context", b"{}")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-path", scope["path"].encode())]})
    if scope["path"] == "/":  # the readiness check
        await send({"type": "http.response.body"})
        return
    if wish.startswith("bytes="):
        await send({"type": "http.response.body", "body": b"x" * int(wish.removeprefix("bytes="))})
        return
    body = (await receive())["body"].decode()
    first = json.dumps({"body": body, "stage": json.loads(context)["stage"]}) + "\n"
    await send({"type": "http.response.body", "body": first.encode(), "more_body": True})
    while wish == "wait" and not Path(os.environ["JOURNAL"]).with_name("go").exists():
        await asyncio.sleep(0.02)
    for number in range(5):
        await asyncio.sleep(30 if wish == "stall" else 0.2)
        if wish == "die" and number == 2:
            os.kill(os.getpid(), 9)
        await send({"type": "http.response.body", "body": f"{number}\n".encode(), "more_body": True})
    Path(os.environ["JOURNAL"]).write_text(wish)
    await send({"type": "http.response.body"})
