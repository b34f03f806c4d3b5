"""Run moto's server without foreign requests: python -m devcloud.moto_server ADDRESS PORT"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.datastructures import EnvironHeaders
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

from devcloud.foreign_requests import STATUS, refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def refuse_foreign_requests(application: "WSGIApplication", own: str) -> "WSGIApplication":
    """Wrap `application` so that it refuses foreign requests; `own` is the address it listens on."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        reason = refusal(environ["REQUEST_METHOD"], dict(EnvironHeaders(environ)), own)
        if reason:
            return Response(reason, status=STATUS, mimetype="text/plain")(environ, start_response)
        return application(environ, start_response)

    return answer


def main() -> None:
    """Serve until the process is killed."""
    host, port = sys.argv[1], int(sys.argv[2])
    application = DomainDispatcherApplication(create_backend_app)
    run_simple(
        host, port, refuse_foreign_requests(application, host), threaded=True, request_handler=MotoRequestHandler
    )


if __name__ == "__main__":
    main()
