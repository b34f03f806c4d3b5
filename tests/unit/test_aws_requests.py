"""Requests to AWS verify the certificate of the server, and load nothing that a cold start would wait for."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from falaai import tls
from falaai.aws_requests import AwsRefused, call_aws
from tests.support.paths import ROOT


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """Run a service on HTTPS whose certificate this authority has signed."""
    made = trustme.CA()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"Parameters": []}')

        def log_message(self, *_: object) -> None:
            """Log no requests."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("falaai.aws_requests.time.sleep", lambda _: None)
    for name, value in {
        "AWS_ENDPOINT_URL": f"https://localhost:{server.server_port}",
        "AWS_REGION": "sa-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    tls.public_authorities.cache_clear()
    yield made
    tls.public_authorities.cache_clear()
    server.shutdown()
    server.server_close()


def test_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    with pytest.raises(AwsRefused, match="SSLCertVerificationError"):
        call_aws("ssm", "AmazonSSM.GetParameters", Names=["/falaai/x"])


def test_certificate_of_a_known_authority_is_accepted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert call_aws("ssm", "AmazonSSM.GetParameters", Names=["/falaai/x"]) == {"Parameters": []}


def test_request_imports_no_part_of_botocore(authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    code = (
        "import sys\n"
        "from falaai.aws_requests import call_aws\n"
        "print(call_aws('ssm', 'AmazonSSM.GetParameters', Names=['/falaai/x']))\n"
        "print({name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'urllib3', 'dateutil'})\n"
    )
    layer = str(ROOT / "layers/shared/python")
    environment = {**os.environ, "PYTHONPATH": layer, "SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["{'Parameters': []}", "set()"]
