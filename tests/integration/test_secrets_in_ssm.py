"""A secret may be the name of an SSM parameter, read from moto's SSM."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest

from falaai import aws_requests, settings
from falaai.errors import SettingsError
from tests.support.running_cloud import RunningCloud


@pytest.fixture(autouse=True)
def _aws(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (settings.read, aws_requests.session):
        cached.cache_clear()
    for name, value in {
        "AWS_ENDPOINT_URL": str(cloud.addresses["aws"]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)


def test_parameter_is_read_and_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s" * 40
    boto3.client("ssm").put_parameter(Name="/falaai/test/SESSION", Value=secret, Type="SecureString", Overwrite=True)
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/SESSION")
    assert settings.read(settings.SessionSettings).session_secret_key.get_secret_value() == secret


def test_weak_parameter_is_refused_like_a_weak_value(monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("ssm").put_parameter(Name="/falaai/test/WEAK", Value="curta", Type="SecureString", Overwrite=True)
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/WEAK")
    with pytest.raises(SettingsError, match="SESSION_SECRET_KEY is too short"):
        settings.read(settings.SessionSettings)


def test_missing_parameter_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/NOWHERE")
    with pytest.raises(SettingsError, match="SESSION_SECRET_KEY names the SSM parameter /falaai/test/NOWHERE"):
        settings.read(settings.SessionSettings)


def parameter() -> str:
    answer = aws_requests.ask_aws("ssm", "AmazonSSM.GetParameter", Name="/falaai/x", WithDecryption=True)
    return str(answer["Parameter"]["Value"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """Headers of the requests to an SSM that is busy once and then answers, at the region's own address' place."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(dict(self.headers))
            self.rfile.read(int(self.headers["Content-Length"]))
            busy = len(seen) == 1
            body = {"__type": "ThrottlingException"} if busy else {"Parameter": {"Value": "de verdade"}}
            self.send_response(400 if busy else 200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield seen
    server.shutdown()
    server.server_close()


def test_busy_ssm_is_asked_again_and_the_request_is_signed(
    asked: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "sessao")
    assert parameter() == "de verdade"
    assert len(asked) == 2
    signature = asked[1]["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert "/us-east-1/ssm/aws4_request" in signature
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target" in signature
    assert (asked[1]["X-Amz-Target"], asked[1]["X-Amz-Security-Token"]) == ("AmazonSSM.GetParameter", "sessao")


def test_silent_ssm_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/SESSION")
    with pytest.raises(SettingsError, match="which cannot be read"):
        settings.read(settings.SessionSettings)
