"""The address of an archive: short-lived, and on the host of the bucket's region, which signatures need."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from falaai.repositories.exports import Export, State
from falaai.s3 import s3_client
from falaai_auth.export_requests import ExportFiles, size_in_words

EXPORT = Export(7, 1, State.READY, 1, datetime(2026, 6, 2, 1), datetime(2026, 6, 3, 1), False)


@pytest.fixture(autouse=True)
def _keys_of_a_role(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    s3_client.cache_clear()
    yield
    s3_client.cache_clear()


@pytest.mark.parametrize("region", ["sa-east-1", "us-east-1"])
def test_link_names_the_region_the_file_and_a_minute(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    link = urlsplit(ExportFiles("bucket-of-falaai").link(EXPORT))
    query = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert (link.scheme, link.netloc) == ("https", f"bucket-of-falaai.s3.{region}.amazonaws.com")
    assert link.path == "/exports/7.zip"
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Expires"] == "60"
    # The first hours of the second of June in UTC are still the first in São Paulo.
    assert query["response-content-disposition"] == 'attachment; filename="falaai-2026-06-01.zip"'


@pytest.mark.parametrize(
    ("size", "told"), [(1, "1 KB"), (340_400, "340 KB"), (12_345_678, "12,3 MB"), (999_600, "1,0 MB")]
)
def test_size_is_told_with_brazilian_punctuation(size: int, told: str) -> None:
    assert size_in_words(size) == told
