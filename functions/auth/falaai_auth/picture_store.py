"""Storage of profile pictures in S3."""

from functools import cache
from typing import Protocol

from falaai import settings
from falaai.errors import PicturesUnavailable
from falaai.s3 import S3Failed, call_s3, delete_object, find_object
from falaai.secret_tokens import new_token
from falaai_auth.picture_cleaning import MEDIA_TYPE


class PictureStore(Protocol):
    """Storage of pictures under random keys. Every method may raise PicturesUnavailable."""

    def add(self, picture: bytes) -> str:
        """Store a picture. Returns its key."""
        ...

    def find(self, key: str) -> bytes | None: ...

    def delete(self, key: str) -> None: ...


class S3Pictures:
    """Pictures in an S3 bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def add(self, picture: bytes) -> str:
        key = f"pictures/{new_token()}.webp"
        try:
            call_s3(lambda s3: s3.put_object(Bucket=self._bucket, Key=key, Body=picture, ContentType=MEDIA_TYPE))
        except S3Failed as error:
            raise PicturesUnavailable(str(error)) from error
        return key

    def find(self, key: str) -> bytes | None:
        try:
            return find_object(self._bucket, key)
        except S3Failed as error:
            raise PicturesUnavailable(str(error)) from error

    def delete(self, key: str) -> None:
        try:
            delete_object(self._bucket, key)
        except S3Failed as error:
            raise PicturesUnavailable(str(error)) from error


@cache
def picture_store() -> PictureStore:
    """Return the process's store for the bucket of the settings."""
    return S3Pictures(settings.read(settings.PictureSettings).pictures_bucket)
