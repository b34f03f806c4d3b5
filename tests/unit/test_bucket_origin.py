"""The origin in the content security policy is the one of the addresses that the S3 client signs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from falaai.bucket_origin import bucket_origin
from falaai.s3 import s3_client


@pytest.fixture(autouse=True)
def _new_clients() -> Iterator[None]:
    s3_client.cache_clear()
    yield
    s3_client.cache_clear()


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("", "us-east-1"),
        ("", "sa-east-1"),
        ("", "eu-central-1"),
        ("http://127.0.0.1:5000", "us-east-1"),
        ("http://localhost:4566", "us-east-1"),
    ],
)
def test_bucket_has_the_origin_of_signed_addresses(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, region: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    origins = set()
    for url in (
        s3_client().generate_presigned_post("falaai-files", "uploads/1/a")["url"],
        s3_client().generate_presigned_url("get_object", Params={"Bucket": "falaai-files", "Key": "uploads/1/a"}),
    ):
        address = urlsplit(url)
        origins.add(f"{address.scheme}://{address.netloc}")
    assert origins == {bucket_origin("falaai-files")}
