"""Contract of `PictureStore`, on S3's protocol and on the fake."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from falaai.errors import PicturesUnavailable
from falaai.s3 import s3_client
from falaai_auth.picture_store import PictureStore, S3Pictures
from tests.support.fakes import FakePictureStore
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client

BUCKET = "bucket-of-the-contract"
PICTURE = b"RIFF\x00\xff not really a picture"


@dataclass
class Case:
    """A store to test. `refuse` makes every call fail."""

    store: PictureStore
    refuse: Callable[[], None]


@pytest.fixture
def s3(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """The real store, on a bucket of this test alone."""
    credentials = {"AWS_ACCESS_KEY_ID": "devcloud", "AWS_SECRET_ACCESS_KEY": "devcloud"}
    for name, value in {**credentials, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(cloud.addresses["aws"]))
    s3_client.cache_clear()
    client = aws_client(cloud, "s3")
    client.create_bucket(Bucket=BUCKET)

    def empty() -> None:
        for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            client.delete_object(Bucket=BUCKET, Key=item["Key"])

    def refuse() -> None:
        # Nothing listens on this port.
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        s3_client.cache_clear()

    yield Case(S3Pictures(BUCKET), refuse)
    empty()
    client.delete_bucket(Bucket=BUCKET)
    s3_client.cache_clear()


@pytest.fixture
def fake() -> Case:
    store = FakePictureStore()

    def refuse() -> None:
        store.refuses = True

    return Case(store, refuse)


@pytest.fixture(params=["s3", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_picture_is_found_under_the_key_of_its_addition(case: Case) -> None:
    key = case.store.add(PICTURE)
    assert re.fullmatch(r"pictures/[\w-]{43}\.webp", key)
    assert case.store.find(key) == PICTURE


def test_two_pictures_have_two_keys(case: Case) -> None:
    first, second = case.store.add(PICTURE), case.store.add(b"another")
    assert first != second
    assert (case.store.find(first), case.store.find(second)) == (PICTURE, b"another")


def test_unknown_key_is_none(case: Case) -> None:
    assert case.store.find("pictures/unknown.webp") is None


def test_deleted_picture_is_gone_and_may_be_deleted_again(case: Case) -> None:
    kept, key = case.store.add(b"kept"), case.store.add(PICTURE)
    for _ in range(2):
        case.store.delete(key)
    assert case.store.find(key) is None
    assert case.store.find(kept) == b"kept"


@pytest.mark.parametrize("call", ["add", "find", "delete"])
def test_every_method_says_that_the_store_is_unavailable(case: Case, call: str) -> None:
    case.refuse()
    argument = PICTURE if call == "add" else "pictures/x.webp"
    with pytest.raises(PicturesUnavailable):
        getattr(case.store, call)(argument)
