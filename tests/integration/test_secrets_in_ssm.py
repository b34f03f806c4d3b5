"""A secret may be the name of an SSM parameter, read from moto's SSM."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest

from falaai import aws_requests, settings
from falaai.errors import SettingsError
from tests.support.running_cloud import RunningCloud


@pytest.fixture(autouse=True)
def _aws(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (settings.read, settings._known_parameters):
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


@dataclass
class FakeSsm:
    """SSM that is busy for the first `busy` requests. It records the headers and bodies of all requests."""

    busy: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.headers.append(headers)
        self.bodies.append(body)
        if len(self.bodies) <= self.busy:
            return 400, {"__type": "ThrottlingException"}
        return 200, {"Parameters": [{"Name": name, "Value": f"value of {name}" + "." * 40} for name in body["Names"]]}


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSsm]:
    fake = FakeSsm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = fake.answer(dict(self.headers), body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield fake
    server.shutdown()
    server.server_close()


def test_all_secrets_of_a_process_are_read_by_one_request(ssm: FakeSsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/SESSION")
    monkeypatch.setenv("GEMINI_API_KEY", "ssm:/falaai/GEMINI")
    gemini = settings.read(settings.GeminiSettings).gemini_api_key.get_secret_value()
    session = settings.read(settings.SessionSettings).session_secret_key.get_secret_value()
    assert gemini.startswith("value of /falaai/GEMINI")
    assert session.startswith("value of /falaai/SESSION")
    assert ssm.bodies == [{"Names": ["/falaai/GEMINI", "/falaai/SESSION"], "WithDecryption": True}]


def test_busy_ssm_is_asked_again_and_the_request_is_signed(ssm: FakeSsm, monkeypatch: pytest.MonkeyPatch) -> None:
    ssm.busy = 2
    monkeypatch.setenv("AWS_SESSION_TOKEN", "sessao")
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/SESSION")
    assert settings.read(settings.SessionSettings)
    assert len(ssm.bodies) == 3
    sent = ssm.headers[-1]
    assert sent["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert "/us-east-1/ssm/aws4_request" in sent["Authorization"]
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target" in sent["Authorization"]
    assert (sent["X-Amz-Target"], sent["X-Amz-Security-Token"]) == ("AmazonSSM.GetParameters", "sessao")


def test_pauses_between_attempts_are_random_and_grow(ssm: FakeSsm, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("falaai.aws_requests.time.sleep", pauses.append)
    ssm.busy = 10**6
    for _ in range(20):
        with pytest.raises(aws_requests.AwsRefused):
            aws_requests.call_aws("ssm", "AmazonSSM.GetParameters", Names=["/falaai/x"])
    longest = [aws_requests.PAUSE_SECONDS * 2**attempt for attempt in range(aws_requests.ATTEMPTS - 1)]
    assert all(pause <= longest[number % len(longest)] for number, pause in enumerate(pauses))
    assert len(pauses) == 20 * len(longest)
    assert len(set(pauses[:: len(longest)])) > 10
    assert max(pauses[len(longest) - 1 :: len(longest)]) > longest[0]


@pytest.mark.parametrize(
    ("function", "trace", "sent"),
    [
        (
            "falaai-chat",
            "Root=1-67-ab;Parent=cd;Sampled=1;Lineage=1:e:0",
            "Root=1-67-ab;Parent=cd;Sampled=1;Lineage=1:e:0",
        ),
        ("falaai-chat", "", None),
        ("", "Root=1-67-ab", None),
        ("falaai-chat", "Root=1\r\nX-Evil: 1", "Root=1%0D%0AX-Evil:%201"),
    ],
)
def test_trace_header_goes_along_on_lambda(
    ssm: FakeSsm, monkeypatch: pytest.MonkeyPatch, function: str, trace: str, sent: str | None
) -> None:
    """As botocore's own clients send it."""
    for name, value in {"AWS_LAMBDA_FUNCTION_NAME": function, "_X_AMZN_TRACE_ID": trace}.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    aws_requests.call_aws("ssm", "AmazonSSM.GetParameters", Names=["/falaai/x"])
    assert ssm.headers[0].get("X-Amzn-Trace-Id") == sent


def test_silent_ssm_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/SESSION")
    with pytest.raises(SettingsError, match="which cannot be read"):
        settings.read(settings.SessionSettings)


def test_missing_parameter_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator may store it after the function has started."""
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/LATER")
    with pytest.raises(SettingsError):
        settings.read(settings.SessionSettings)
    boto3.client("ssm").put_parameter(Name="/falaai/test/LATER", Value="s" * 40, Type="SecureString", Overwrite=True)
    try:
        assert settings.read(settings.SessionSettings)
    finally:
        boto3.client("ssm").delete_parameter(Name="/falaai/test/LATER")
