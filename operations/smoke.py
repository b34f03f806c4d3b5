"""Ask a deployed address whether it works: python -m operations.smoke ADDRESS [on|off]

The last argument says whether replies are streamed. Three requests: the deep health check, which needs the database;
a page; and the route of the stream. That request has a valid question but no session, so the answer must be 401.
Without streaming the route does not exist, so the answer must be 404.
"""

import json
import sys
import urllib.error
import urllib.request

SECONDS = 30


def main(address: str, streaming: str = "on") -> int:
    checks = (
        (
            "GET",
            "/health?deep=1",
            200,
            "a 503 is the database: DB_HOST, DB_USER, the password or TLS; see ChatFunction's log",
        ),
        ("GET", "/login", 200, "see AuthFunction's log"),
        ("POST", "/chat/stream", 401 if streaming == "on" else 404, "see ChatStreamFunction's log"),
    )
    failed = [sentence for check in checks if (sentence := _problem(address, *check))]
    for sentence in failed:
        print(f"smoke test: {sentence}", file=sys.stderr)
    if not failed:
        print(f"smoke test: {address} works: health with database, a page, the stream's route")
    return 1 if failed else 0


def _problem(address: str, method: str, path: str, expected: int, hint: str) -> str:
    """Return a sentence about a wrong answer, or "" for the right one."""
    origin = "/".join(address.split("/")[:3])
    # A client that accepts HTML would be redirected to the sign-in page, so the request to the stream accepts JSON
    # only.
    accept = "application/json" if method == "POST" else "text/html, application/json"
    headers = {"Origin": origin, "Content-Type": "application/json", "Accept": accept}
    body = json.dumps({"message": "Oi"}).encode() if method == "POST" else None
    request = urllib.request.Request(address + path, body, headers, method=method)  # noqa: S310 - https, from the stack
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same request
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError as error:
        return f"{method} {path} got no answer ({error}); is the DNS record there?"
    return "" if status == expected else f"{method} {path} answered {status} instead of {expected}; {hint}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
