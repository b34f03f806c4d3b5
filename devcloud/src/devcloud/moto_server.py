"""Run moto's server, as strict as AWS: python -m devcloud.moto_server ADDRESS PORT [ROLES]

ROLES is the file of the functions' roles.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.datastructures import EnvironHeaders
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

from devcloud.bucket_cors import allowed_origin, answer_allowed
from devcloud.foreign_requests import STATUS, refusal
from devcloud.strict_aws import StrictAws

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def refuse_foreign_requests(application: "WSGIApplication", own: str) -> "WSGIApplication":
    """Wrap `application` so that it refuses foreign requests that no bucket's CORS rule allows.

    `own` is the address it listens on.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        headers, allowed = dict(EnvironHeaders(environ)), allowed_origin(environ)
        if allowed:  # the bucket's rules allow this origin; Host is checked all the same
            headers = {name: value for name, value in headers.items() if name not in ("Origin", "Sec-Fetch-Site")}
        reason = refusal(environ["REQUEST_METHOD"], headers, own)
        if reason:
            return Response(reason, status=STATUS, mimetype="text/plain")(environ, start_response)
        if allowed:
            return answer_allowed(application, environ, start_response, allowed)
        return application(environ, start_response)

    return answer


def main() -> None:
    """Serve until the process is killed."""
    host, port = sys.argv[1], int(sys.argv[2])
    roles = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    application = StrictAws(DomainDispatcherApplication(create_backend_app), roles)
    run_simple(
        host, port, refuse_foreign_requests(application, host), threaded=True, request_handler=MotoRequestHandler
    )


if __name__ == "__main__":
    main()
