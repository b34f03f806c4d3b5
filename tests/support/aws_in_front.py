"""moto as the AWS of a deployment, recorded answers where moto has none, and an HTTPS proxy to deployed addresses.

moto's CloudFormation does not know SAM. So each change set gets the template that SAM's translator makes, as by AWS's
own transform, without the few types that moto cannot make.

Three calls have recorded answers. moto does not have Lambda's GetAccountSettings. Its DescribeStackResource fails on
each stack with a resource that moto cannot make. Its GetTemplate returns the translated template; AWS returns the one
that sam has uploaded.
"""

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import trustme
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from tests.support.recorded_answers import query_xml, rest_json

# moto's CloudFormation makes none of these.
NOT_IN_MOTO = (
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::DomainName",
    "AWS::Route53::RecordSet",
)
ACCOUNT_SETTINGS = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}


class AwsInFront:
    """WSGI application: recorded answers first, moto for the rest. `template` gives the translated template."""

    def __init__(self, template: Callable[[], dict[str, Any]]) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._template = template
        self._originals: dict[str, str] = {}  # the uploaded template of each stack

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/2016-08-19/account-settings"):
            settings = rest_json("lambda", "GetAccountSettings", ACCOUNT_SETTINGS)
            return Response(settings, content_type="application/json")(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and "cloudformation" in environ.get("HTTP_AUTHORIZATION", ""):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            if recorded := self._recorded(form):
                return Response(recorded, content_type="text/xml")(environ, start_response)
            body = self._transformed(form, body)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            answer = [*self._moto(environ, start_response)]
            if b"Action=ExecuteChangeSet" in body:
                _complete_update()
            return answer
        return self._moto(environ, start_response)

    def _recorded(self, form: dict[str, str]) -> bytes | None:
        """Return the answer to one of the calls of CloudFormation that moto does not answer as AWS does."""
        name = form.get("StackName", "")
        if form["Action"] == "GetTemplate" and form.get("TemplateStage") == "Original" and name in self._originals:
            stages = ["Original", "Processed"]
            return query_xml(
                "cloudformation", "GetTemplate", {"TemplateBody": self._originals[name], "StagesAvailable": stages}
            )
        if form["Action"] != "DescribeStackResource" or not any(
            name in (stack.name, stack.stack_id) for stack in _backend().stacks.values()
        ):
            return None  # moto has the error for a stack that does not exist
        stack = _backend().get_stack(name)
        made = {one.logical_resource_id: one for one in stack.stack_resources if one}  # type: ignore[attr-defined]
        if not (found := made.get(form["LogicalResourceId"])):
            return None
        detail = {
            "StackName": stack.name,
            "StackId": stack.stack_id,
            "LogicalResourceId": form["LogicalResourceId"],
            "PhysicalResourceId": found.physical_resource_id,
            "ResourceType": found.cf_resource_type,  # type: ignore[attr-defined]
            "LastUpdatedTimestamp": stack.creation_time.replace(tzinfo=UTC),
            "ResourceStatus": stack.status,
        }
        return query_xml("cloudformation", "DescribeStackResource", {"StackResourceDetail": detail})

    def _transformed(self, form: dict[str, str], body: bytes) -> bytes:
        if form.get("Action") != "CreateChangeSet" or not form["StackName"].startswith("falaai"):
            return body
        if url := form.get("TemplateURL"):
            # sam writes the address of its endpoint, which on AWS is that of S3.
            address = urlsplit(url)
            bucket, _, key = address.path.lstrip("/").partition("/")
            uploaded = s3_backends["123456789012"]["aws"].get_object(bucket, key)
            assert uploaded, url
            self._originals[form["StackName"]] = uploaded.value.decode().replace(
                f"{address.scheme}://{address.netloc}", "https://s3.us-east-1.amazonaws.com"
            )
        template = self._template()
        kept = {name: one for name, one in template["Resources"].items() if one["Type"] not in NOT_IN_MOTO}
        for one in kept.values():
            if one["Type"] == "AWS::Lambda::Function":
                one["Properties"].pop("Layers", None)  # moto cannot update a function to a new layer
            if one["Type"] == "AWS::CloudFormation::Stack":  # as sam writes it, and reads it again to delete
                one["Properties"]["TemplateURL"] = "https://s3.us-east-1.amazonaws.com/artifacts/monitoring.yaml"
        outputs = {name: one for name, one in template["Outputs"].items() if name != "DomainTarget"}
        form.pop("TemplateURL", None)
        form["TemplateBody"] = json.dumps({**template, "Resources": kept, "Outputs": outputs})
        return urlencode(form).encode()


def _backend() -> CloudFormationBackend:
    return cloudformation_backends["123456789012"]["us-east-1"]


def _complete_update() -> None:
    """Do what moto leaves out when it executes a change set: outputs, and forgetting the resources that it deleted.

    A later change set that has such a resource again would get the deleted one.
    """
    for stack in _backend().stacks.values():
        made = stack.resource_map._parsed_resources
        for name in [name for name, one in made.items() if hasattr(one, "cf_resource_type")]:
            if name not in stack.resource_map.resources:
                del made[name]
        stack._parse_template()
        stack.output_map = stack._create_output_map()


class _Silent(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Keep the output of the tests free of requests."""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Accept that clients end connections, such as that of sam's telemetry, which trusts its own authorities."""


@contextmanager
def aws_in_front(template: Callable[[], dict[str, Any]]) -> Iterator[str]:
    """Serve it. Yields its address."""
    server = make_server("127.0.0.1", 0, AwsInFront(template), threaded=True, request_handler=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def https_to(product: str, stage: str, hosts: tuple[str, ...], folder: Path) -> Iterator[dict[str, str]]:
    """Answer requests to `hosts` with the product, as API Gateway's domains do. Yields variables for its clients."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)

    class Forward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            if "Origin" in headers:
                headers["Origin"] = product
            connection = http.client.HTTPConnection(urlsplit(product).netloc, timeout=90)
            path = self.path.removeprefix(f"/{stage}") if "execute-api" in self.headers["Host"] else self.path
            connection.request(self.command, path, self.rfile.read(length), headers)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            if location := answer.getheader("Location"):
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests free of requests."""

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            with context.wrap_socket(self.connection, server_side=True) as secured:
                Forward(secured, self.client_address, self.server)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests free of requests."""

    server = _QuietServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "https_proxy": f"http://127.0.0.1:{server.server_port}",
        "SSL_CERT_FILE": str(folder / "authority.pem"),
    }
    server.shutdown()
    server.server_close()
