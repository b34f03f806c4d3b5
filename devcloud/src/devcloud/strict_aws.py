"""WSGI middleware before moto: refuse what a function's role does not allow and what an upload's policy forbids."""

import io
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders
from werkzeug.formparser import parse_form_data
from werkzeug.wrappers import Response

from devcloud.action_record import ActionRecord
from devcloud.aws_actions import actions_of, credential, credential_of_form, needs_body
from devcloud.permissions import Permissions, Role, first_refused
from devcloud.post_policy import PostRefused, check_post

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class StrictAws:
    """Middleware that checks each request before it calls `application`.

    `roles` is the file of the functions' roles. It is read at the first request of a function, when it is complete.
    """

    def __init__(self, application: "WSGIApplication", roles: Path | None) -> None:
        self._application = application
        self._roles_file = roles
        self._record = ActionRecord.from_environment()

    @cached_property
    def _permissions(self) -> Permissions:
        return Permissions.read(self._roles_file) if self._roles_file else Permissions({})

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        refused = self._refusal(environ)
        return (refused or self._application)(environ, start_response)

    def _refusal(self, environ: "WSGIEnvironment") -> Response | None:
        headers, query = dict(EnvironHeaders(environ)), environ.get("QUERY_STRING", "")
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method == "POST" and headers.get("Content-Type", "").startswith("multipart/form-data"):
            return self._upload_refusal(environ)
        signed = credential(headers, query)
        # devcloud itself signs with the owner's key while the roles are not written yet.
        if signed is None or not signed[0].startswith("ASIA"):
            return None
        role = self._permissions.role(signed[0])
        if role is None:
            return None
        body = _body(environ) if needs_body(signed[2], query) else b""
        actions = actions_of(signed[2], signed[1], method, path, query, headers, body)
        refused = first_refused(role, actions, self._record)
        return access_denied(signed[2], role, *refused) if refused else None

    def _upload_refusal(self, environ: "WSGIEnvironment") -> Response | None:
        body = _body(environ)
        _, form, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)})
        fields = {name.lower(): value for name, value in form.items()}
        file = files.get("file")
        size = len(file.stream.read()) if file else len(fields.get("file", "").encode())
        bucket = environ["PATH_INFO"].strip("/")
        key = credential_of_form(fields)
        role = self._permissions.role(key) if key.startswith("ASIA") else None
        try:
            check_post(fields, bucket, size, role.secret if role else None, datetime.now(UTC))
        except PostRefused as error:
            return _s3_error(error.status, error.code, str(error), error.details)
        upload = "s3:PutObject", f"arn:aws:s3:::{bucket}/{fields.get('key', '')}"
        if role and (refused := first_refused(role, [upload], self._record)):
            return access_denied("s3", role, *refused)
        return None


def access_denied(service: str, role: Role, action: str, resource: str | None) -> Response:
    """Return the error with which a service of AWS refuses an action."""
    message = role.refusal(action, resource)
    if service == "s3":
        return _s3_error(403, "AccessDenied", message, {})
    body = {"__type": "AccessDeniedException", "message": message, "Message": message}
    status = 403 if service in ("sqs", "lambda") else 400
    headers = {"x-amzn-RequestId": str(uuid.uuid4()), "x-amzn-ErrorType": "AccessDeniedException"}
    if service == "sqs":
        headers["x-amzn-query-error"] = "AccessDenied;Sender"
    return Response(json.dumps(body), status, headers, content_type="application/x-amz-json-1.0")


def _s3_error(status: int, code: str, message: str, details: dict[str, int]) -> Response:
    more = "".join(f"<{name}>{value}</{name}>" for name, value in details.items())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message, quote=False)}</Message>{more}"
        f"<RequestId>{uuid.uuid4().hex[:16].upper()}</RequestId></Error>"
    )
    return Response(body, status, content_type="application/xml")


def _body(environ: "WSGIEnvironment") -> bytes:
    """Read the body and leave it to be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body
