"""Our signature of AWS requests equals the one of botocore's signer."""

import json
from datetime import UTC, datetime

import botocore.auth
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest

from falaai.aws_signature import Credentials, sign

NOW = datetime(2026, 3, 9, 23, 59, 1, tzinfo=UTC)
BODIES = (
    b"{}",
    json.dumps({"Names": ["/falaai/prod/DB_PASSWORD"], "WithDecryption": True}).encode(),
    "{'ã': 1}".encode(),
)


@pytest.mark.parametrize("token", ["", "FwoGZXIvYXdzE=="])
@pytest.mark.parametrize("host", ["ssm.sa-east-1.amazonaws.com", "127.0.0.1:4566"])
@pytest.mark.parametrize("body", BODIES)
def test_signature_equals_botocores(token: str, host: str, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    headers = {"Host": host, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameters"}
    theirs = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token or None)
    botocore.auth.SigV4Auth(credentials, "ssm", "sa-east-1").add_auth(theirs)
    ours = sign(
        headers,
        body,
        "ssm",
        "sa-east-1",
        Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token),
        "20260309T235901Z",
    )
    assert ours["Authorization"] == theirs.headers["Authorization"]
    assert {name: ours.get(name) for name in ("X-Amz-Date", "X-Amz-Security-Token")} == {
        name: theirs.headers.get(name) for name in ("X-Amz-Date", "X-Amz-Security-Token")
    }
